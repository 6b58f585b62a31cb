// A TLS client on Go's crypto/tls, for the interop tests. Standard library only. ../README.md says what it understands.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

var groups = map[string]tls.CurveID{
	"x25519":    tls.X25519,
	"secp256r1": tls.CurveP256,
	"secp384r1": tls.CurveP384,
	"secp521r1": tls.CurveP521,
}

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// sessions are kept for as long as the process lives.
var sessions = map[string]tls.ClientSessionCache{}

func main() {
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		request := map[string]string{}
		for _, field := range strings.Split(input.Text(), "\t") {
			if name, value, found := strings.Cut(field, "="); found {
				request[name] = value
			}
		}
		var answer strings.Builder
		tell := func(name string, value any) {
			text := fmt.Sprint(value)
			text = strings.NewReplacer("\t", " ", "\n", " ").Replace(text)
			fmt.Fprintf(&answer, "%s=%s\t", name, text)
		}
		if err := connect(request, tell); err != nil {
			tell("error", err)
		}
		fmt.Println(strings.TrimSuffix(answer.String(), "\t"))
	}
}

// configuration is what a request asks for.
func configuration(request map[string]string) (*tls.Config, error) {
	pem, err := os.ReadFile(request["ca"])
	if err != nil {
		return nil, err
	}
	configuration := &tls.Config{
		RootCAs: x509.NewCertPool(), MinVersion: versions[request["min"]], MaxVersion: versions[request["max"]],
		ServerName: request["name"],
	}
	configuration.RootCAs.AppendCertsFromPEM(pem)
	if configuration.ServerName == "" {
		// An address is verified and not sent.
		configuration.ServerName = "127.0.0.1"
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		wanted := request["suites"]
		if wanted == "" || strings.Contains(","+wanted+",", ","+suite.Name+",") {
			configuration.CipherSuites = append(configuration.CipherSuites, suite.ID)
		}
	}
	if list := request["groups"]; list != "" {
		for _, name := range strings.Split(list, ",") {
			group, known := groups[name]
			if !known {
				return nil, fmt.Errorf("there is no group %s here", name)
			}
			configuration.CurvePreferences = append(configuration.CurvePreferences, group)
		}
	}
	if list := request["alpn"]; list != "" {
		configuration.NextProtos = strings.Split(list, ",")
	}
	if file := request["cert"]; file != "" {
		pair, err := tls.LoadX509KeyPair(file, request["key"])
		if err != nil {
			return nil, err
		}
		// Whoever the server names as acceptable: the tests are about what it does with the others, too.
		configuration.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &pair, nil
		}
	}
	if name := request["session"]; name != "" {
		if sessions[name] == nil {
			sessions[name] = tls.NewLRUClientSessionCache(16)
		}
		configuration.ClientSessionCache = sessions[name]
	}
	return configuration, nil
}

// connect makes one connection and tells about it.
func connect(request map[string]string, tell func(string, any)) error {
	configuration, err := configuration(request)
	if err != nil {
		return err
	}
	socket, err := net.Dial("tcp", "127.0.0.1:"+request["port"])
	if err != nil {
		return err
	}
	defer socket.Close()
	socket.SetDeadline(time.Now().Add(time.Minute))
	connection := tls.Client(socket, configuration)
	if err := connection.Handshake(); err != nil {
		return err
	}
	state := connection.ConnectionState()
	tell("version", strings.TrimPrefix(tls.VersionName(state.Version), "TLS "))
	tell("suite", tls.CipherSuiteName(state.CipherSuite))
	tell("group", state.CurveID)
	tell("resumed", state.DidResume)
	tell("retried", state.HelloRetryRequest)
	tell("alpn", state.NegotiatedProtocol)
	tell("status", fmt.Sprintf("%x", state.OCSPResponse))
	if label := request["export"]; label != "" {
		exported, err := state.ExportKeyingMaterial(label, nil, 32)
		if err != nil {
			return err
		}
		tell("exported", fmt.Sprintf("%x", exported))
	}
	reader := bufio.NewReader(connection)
	var replies []string
	if list := request["send"]; list != "" {
		for _, line := range strings.Split(list, "|") {
			if _, err := io.WriteString(connection, line+"\n"); err != nil {
				return err
			}
			reply, err := reader.ReadString('\n')
			if err != nil {
				return err
			}
			replies = append(replies, strings.TrimSuffix(reply, "\n"))
		}
		tell("replies", strings.Join(replies, "|"))
	}
	if count, _ := strconv.Atoi(request["transfer"]); count > 0 {
		if err := transfer(connection, reader, count); err != nil {
			return err
		}
		tell("transferred", count)
	}
	if err := connection.CloseWrite(); err != nil {
		return err
	}
	if _, err := reader.ReadByte(); err == nil {
		return errors.New("data after the last reply")
	} else if err == io.EOF {
		// crypto/tls says so after close_notify only; else it is io.ErrUnexpectedEOF.
		tell("closed", 1)
	}
	return nil
}

// transfer sends and receives at the same time and compares.
func transfer(connection *tls.Conn, reader io.Reader, count int) error {
	block := make([]byte, 61_441)
	for index := range block {
		block[index] = byte(index * index >> 3)
	}
	sent := sha256.New()
	done := make(chan error, 1)
	go func() {
		for rest, number := count, 0; rest > 0; number++ {
			copy(block, strconv.Itoa(number))
			piece := block[:min(rest, len(block))]
			sent.Write(piece)
			if _, err := connection.Write(piece); err != nil {
				done <- err
				return
			}
			rest -= len(piece)
		}
		done <- nil
	}()
	received := sha256.New()
	if _, err := io.CopyN(received, reader, int64(count)); err != nil {
		return err
	}
	if err := <-done; err != nil {
		return err
	}
	if !bytes.Equal(sent.Sum(nil), received.Sum(nil)) {
		return errors.New("what came back is not what was sent")
	}
	return nil
}
