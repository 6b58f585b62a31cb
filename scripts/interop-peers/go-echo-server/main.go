// A TLS echo server on Go's crypto/tls, for the interop tests. Standard library only.
//
// It listens on a free port of 127.0.0.1 and says so on its first line: "listening on 127.0.0.1:PORT". Every connection
// gets back what it sends until it closes. For each handshake it prints one line of JSON; it ends when standard input
// does.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// report says what came of one handshake.
type report struct {
	Version            string `json:"version,omitempty"`
	CipherSuite        string `json:"cipherSuite,omitempty"`
	Group              string `json:"group,omitempty"`
	HelloRetryRequest  bool   `json:"helloRetryRequest"`
	Resumed            bool   `json:"resumed"`
	ServerName         string `json:"serverName,omitempty"`
	Protocol           string `json:"protocol,omitempty"`
	ClientCertificates int    `json:"clientCertificates"`
	ClientName         string `json:"clientName,omitempty"`
	ExportedKey        string `json:"exportedKey,omitempty"`
	Error              string `json:"error,omitempty"`
}

var groups = map[string]tls.CurveID{
	"x25519":    tls.X25519,
	"secp256r1": tls.CurveP256,
	"secp384r1": tls.CurveP384,
	"secp521r1": tls.CurveP521,
}

var versions = map[string]uint16{
	"TLS 1.0": tls.VersionTLS10,
	"TLS 1.1": tls.VersionTLS11,
	"TLS 1.2": tls.VersionTLS12,
	"TLS 1.3": tls.VersionTLS13,
}

func main() {
	log.SetFlags(0)
	certificate := flag.String("certificate", "", "PEM `file` with the server's certificate and its chain")
	key := flag.String("key", "", "PEM `file` with the key")
	offered := flag.String("groups", "x25519,secp256r1,secp384r1,secp521r1", "groups to accept")
	clientCA := flag.String("client-ca", "", "PEM `file`: ask for a client certificate, which this has to have signed")
	require := flag.Bool("require-client-certificate", false, "refuse a client without a certificate")
	protocols := flag.String("alpn", "", "application protocols to speak")
	oldest := flag.String("min-version", "TLS 1.3", "oldest version to speak")
	newest := flag.String("max-version", "TLS 1.3", "newest version to speak")
	ocsp := flag.String("ocsp", "", "`file` with an OCSP response in DER to staple")
	noTickets := flag.Bool("no-tickets", false, "give out no session tickets")
	label := flag.String("export-label", "", "print 32 octets exported under this `label` (RFC 8446 §7.5)")
	flag.Parse()

	configuration := &tls.Config{
		MinVersion: versions[*oldest], MaxVersion: versions[*newest], SessionTicketsDisabled: *noTickets,
	}
	if configuration.MinVersion == 0 || configuration.MaxVersion == 0 {
		log.Fatalf("there is no version %s or %s here", *oldest, *newest)
	}
	// The tests say what is offered, weak suites of TLS 1.2 included.
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		configuration.CipherSuites = append(configuration.CipherSuites, suite.ID)
	}
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	if *ocsp != "" {
		if pair.OCSPStaple, err = os.ReadFile(*ocsp); err != nil {
			log.Fatal(err)
		}
	}
	configuration.Certificates = []tls.Certificate{pair}
	for _, name := range strings.Split(*offered, ",") {
		group, known := groups[name]
		if !known {
			log.Fatalf("there is no group %s here", name)
		}
		configuration.CurvePreferences = append(configuration.CurvePreferences, group)
	}
	if *clientCA != "" {
		pem, err := os.ReadFile(*clientCA)
		if err != nil {
			log.Fatal(err)
		}
		configuration.ClientCAs = x509.NewCertPool()
		configuration.ClientCAs.AppendCertsFromPEM(pem)
		configuration.ClientAuth = tls.VerifyClientCertIfGiven
		if *require {
			configuration.ClientAuth = tls.RequireAndVerifyClientCert
		}
	}
	if *protocols != "" {
		configuration.NextProtos = strings.Split(*protocols, ",")
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	var output sync.Mutex
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(tls.Server(connection, configuration), *label, func(r report) {
			line, _ := json.Marshal(r)
			output.Lock()
			defer output.Unlock()
			fmt.Printf("%s\n", line)
		})
	}
}

// serve shakes hands, tells about it, and echoes.
func serve(connection *tls.Conn, label string, tell func(report)) {
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(2 * time.Minute))
	if err := connection.Handshake(); err != nil {
		tell(report{Error: err.Error()})
		return
	}
	state := connection.ConnectionState()
	r := report{
		Version:            tls.VersionName(state.Version),
		CipherSuite:        tls.CipherSuiteName(state.CipherSuite),
		Group:              state.CurveID.String(),
		HelloRetryRequest:  state.HelloRetryRequest,
		Resumed:            state.DidResume,
		ServerName:         state.ServerName,
		Protocol:           state.NegotiatedProtocol,
		ClientCertificates: len(state.PeerCertificates),
	}
	if len(state.PeerCertificates) > 0 {
		r.ClientName = state.PeerCertificates[0].Subject.CommonName
	}
	if label != "" {
		if exported, err := state.ExportKeyingMaterial(label, nil, 32); err == nil {
			r.ExportedKey = fmt.Sprintf("%x", exported)
		}
	}
	tell(r)
	io.Copy(connection, connection)
}
