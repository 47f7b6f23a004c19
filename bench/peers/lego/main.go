// One certificate by lego's library: lego-order FOLDER NAME. Its own command needs modules of eighty vendors.
//
// As the command does, it keeps its account and what it was given in the folder. Its environment names the CA
// (LEGO_SERVER, LEGO_CA_CERTIFICATES), the primary (DNSUPDATE_*), and whom to ask for names (LEGO_RESOLVER).
package main

import (
	"context"
	"crypto"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certcrypto"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/lego"
	"github.com/go-acme/lego/v5/providers/dns/dnsupdate"
	"github.com/go-acme/lego/v5/registration"
)

type user struct {
	key     crypto.Signer
	account *acme.ExtendedAccount
}

func (*user) GetEmail() string                         { return "" }
func (u *user) GetRegistration() *acme.ExtendedAccount { return u.account }
func (u *user) GetPrivateKey() crypto.Signer           { return u.key }

func main() {
	folder, name := os.Args[1], os.Args[2]
	ctx := context.Background()
	user := known(folder)
	config := lego.NewConfig(user)
	config.CADirURL = os.Getenv("LEGO_SERVER")
	client := must(lego.NewClient(config))
	if user.account == nil {
		user.account = must(client.Registration.Register(ctx, registration.RegisterOptions{TermsOfServiceAgreed: true}))
		keep(folder, "account.json", must(json.Marshal(user.account)))
	}
	asked := dns01.NewOptions()
	asked.RecursiveNameservers = []string{os.Getenv("LEGO_RESOLVER")}
	dns01.SetDefaultClient(dns01.NewClient(asked))
	provider := must(dnsupdate.NewDNSProvider())
	// There is one name server, and it serves the record once it has taken it: nobody waits.
	check(client.Challenge.SetDNS01Provider(provider, dns01.PropagationWait(0*time.Second, true)))
	request := certificate.ObtainRequest{Domains: []string{name}, KeyType: certcrypto.EC256, Bundle: true}
	found := must(client.Certificate.Obtain(ctx, request))
	keep(folder, name+".crt", found.Certificate)
}

// known returns the account of the folder; its key is made there at first.
func known(folder string) *user {
	file := filepath.Join(folder, "account.key")
	if _, err := os.Stat(file); err != nil {
		made := must(certcrypto.GeneratePrivateKey(certcrypto.EC256))
		keep(folder, "account.key", certcrypto.PEMEncode(made))
	}
	found := &user{key: must(certcrypto.ParsePEMPrivateKey(must(os.ReadFile(file))))}
	if text, err := os.ReadFile(filepath.Join(folder, "account.json")); err == nil {
		check(json.Unmarshal(text, &found.account))
	}
	return found
}

func keep(folder, name string, content []byte) {
	check(os.WriteFile(filepath.Join(folder, name), content, 0o600))
}

func must[T any](found T, err error) T {
	check(err)
	return found
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
