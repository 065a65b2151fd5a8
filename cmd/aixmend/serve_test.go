package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// servedAt matches the address that serve says.
var servedAt = regexp.MustCompile(`(https?://127\.0\.0\.1:\d+)/`)

// fetches asks the server whose messages are in a file, with the token TOKEN if that is set:
// fetches ./FILE PATH CODE REGEXP.
func fetches(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: fetches ./FILE PATH CODE REGEXP")
	}
	said, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	at := servedAt.FindSubmatch(said)
	if at == nil {
		ts.Fatalf("no address in %s", said)
	}
	asked, err := http.NewRequest(http.MethodGet, string(at[1])+args[1], nil)
	ts.Check(err)
	if token := ts.Getenv("TOKEN"); token != "" {
		asked.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // the certificate of the script is nobody's
	answer, err := client.Do(asked)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	wanted, err := regexp.Compile(args[3])
	ts.Check(err)
	if strconv.Itoa(answer.StatusCode) != args[2] || !wanted.Match(text) {
		ts.Fatalf("%s: %d\n%s", args[1], answer.StatusCode, text)
	}
}

// certificate writes a certificate that nobody else vouches for, and its key: certificate CERT KEY.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: certificate CERT KEY")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	of := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mgmt.example"}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	ts.Check(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}
