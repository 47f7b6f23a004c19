// Evaluates ESC environments with the reference evaluator, for tests to compare with.
//
// Reads one JSON object a line, {"name": "root", "files": {"root": "values: ...", "imported": "..."}}, and answers each
// with one: the values as a tree with marks, as indented JSON with and without secrets, and the diagnostics.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/schema"
	"github.com/pulumi/esc/syntax"
)

type question struct {
	Name  string            `json:"name"`
	Files map[string]string `json:"files"`
}

type mark struct {
	Content any  `json:"content"`
	Secret  bool `json:"secret,omitempty"`
}

type complaint struct {
	Error   bool   `json:"error"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Summary string `json:"summary"`
}

type answer struct {
	Values    any               `json:"values"`
	Redacted  string            `json:"redacted"`
	Revealed  string            `json:"revealed"`
	Unknown   bool              `json:"unknown"`
	Variables map[string]string `json:"variables,omitempty"`
	Files     map[string]string `json:"files,omitempty"`
	Said      []complaint       `json:"said,omitempty"`
	Seconds   float64           `json:"seconds"`
}

// environments are those of one question; each of their secrets is XORed with 0x80.
type environments map[string]string

func (e environments) LoadEnvironment(_ context.Context, name string) ([]byte, eval.Decrypter, error) {
	text, ok := e[name]
	if !ok {
		return nil, nil, os.ErrNotExist
	}
	return []byte(text), flipped{}, nil
}

type flipped struct{}

func (flipped) Decrypt(_ context.Context, ciphertext []byte) ([]byte, error) {
	plaintext := make([]byte, len(ciphertext))
	for i, octet := range ciphertext {
		plaintext[i] = octet ^ 0x80
	}
	return plaintext, nil
}

// An echo gives what it is given: as it is, or as a secret.
type echo struct{ secret bool }

func (echo) Schema() (*schema.Schema, *schema.Schema) { return schema.Always(), schema.Always() }

func (e echo) Open(_ context.Context, inputs map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{Value: inputs, Secret: e.secret}, nil
}

// A rotated secret is what its state says.
type rotated struct{}

func (rotated) Schema() (*schema.Schema, *schema.Schema, *schema.Schema) {
	return schema.Always(), schema.Always(), schema.Always()
}

func (rotated) Open(_ context.Context, _, state map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	return esc.NewValue(state), nil
}

func (rotated) Rotate(_ context.Context, _, _ map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, fmt.Errorf("nothing is rotated here")
}

type providers struct{}

func (providers) LoadProvider(_ context.Context, name string) (esc.Provider, error) {
	switch name {
	case "echo":
		return echo{}, nil
	case "hush":
		return echo{secret: true}, nil
	}
	return nil, fmt.Errorf("unknown provider %q", name)
}

func (providers) LoadRotator(_ context.Context, name string) (esc.Rotator, error) {
	if name == "echo" {
		return rotated{}, nil
	}
	return nil, fmt.Errorf("unknown rotator %q", name)
}

func marked(v esc.Value, unknown *bool) any {
	*unknown = *unknown || v.Unknown
	switch content := v.Value.(type) {
	case []esc.Value:
		items := make([]any, len(content))
		for i, item := range content {
			items[i] = marked(item, unknown)
		}
		return mark{items, v.Secret}
	case map[string]esc.Value:
		members := make(map[string]any, len(content))
		for key, item := range content {
			members[key] = marked(item, unknown)
		}
		return mark{members, v.Secret}
	default:
		return mark{content, v.Secret}
	}
}

func indented(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func texts(values map[string]esc.Value) map[string]string {
	found := map[string]string{}
	for key, value := range values {
		found[key] = value.ToString(true)
	}
	return found
}

func (q question) answer() (a answer) {
	defer func() {
		if wrong := recover(); wrong != nil {
			a = answer{Said: []complaint{{Error: true, Summary: fmt.Sprintf("panic: %v", wrong)}}}
		}
	}()
	ctx := context.Background()
	user := esc.NewValue(map[string]esc.Value{"id": esc.NewValue("USER_123")})
	pulumi := esc.NewValue(map[string]esc.Value{"user": user})
	execution, err := esc.NewExecContext(map[string]esc.Value{"pulumi": pulumi})
	if err != nil {
		log.Fatal(err)
	}

	begun := time.Now()
	var said syntax.Diagnostics
	declared, loaded, err := eval.LoadYAMLBytes(q.Name, []byte(q.Files[q.Name]))
	said.Extend(loaded...)
	if err != nil {
		log.Fatal(err)
	}
	var found *esc.Environment
	if !loaded.HasErrors() {
		var evaluated syntax.Diagnostics
		found, evaluated = eval.EvalEnvironment(ctx, q.Name, declared, flipped{}, providers{}, environments(q.Files), execution)
		said.Extend(evaluated...)
	}
	a.Seconds = time.Since(begun).Seconds()

	if found == nil {
		found = &esc.Environment{Properties: map[string]esc.Value{}}
	}
	root := esc.NewValue(found.Properties)
	a.Values = marked(root, &a.Unknown)
	a.Redacted, a.Revealed = indented(root.ToJSON(true)), indented(root.ToJSON(false))
	a.Variables, a.Files = texts(found.GetEnvironmentVariables()), texts(found.GetTemporaryFiles())
	for _, each := range said {
		c := complaint{Error: each.Severity == 1, Summary: each.Summary}
		if each.Subject != nil {
			c.File, c.Line, c.Column = each.Subject.Filename, each.Subject.Start.Line, each.Subject.Start.Column
		}
		a.Said = append(a.Said, c)
	}
	return a
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(asked.answer()); err != nil { // a number that JSON has not
			_ = out.Encode(answer{Said: []complaint{{Error: true, Summary: err.Error()}}})
		}
	}
}
