// Shakes hands as Go's crypto/tls does with each server in a table, and says which certificates it takes.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
)

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		server := strings.Split(lines.Text(), "\t")
		connection, err := tls.Dial("tcp", "127.0.0.1:"+server[2], &tls.Config{RootCAs: roots, ServerName: server[1]})
		if err != nil {
			fmt.Printf("%s\t%s\n", server[0], strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		connection.Close()
		fmt.Printf("%s\tok\n", server[0])
	}
}
