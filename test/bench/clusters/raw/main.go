package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// apply is one line of the input: where to PATCH, and with what.
type apply struct {
	Path string          `json:"path"`
	Body json.RawMessage `json:"body"`
}

// The raw loop: server-side applies over HTTP/2, so many in flight, nothing read before and nothing read back.
// Bodies come on stdin, one JSON object a line; the token is in TOKEN. Prints one JSON object.
func main() {
	server := flag.String("server", "", "https address of the API server")
	caFile := flag.String("ca", "", "PEM file of its authority")
	inFlight := flag.Int("in-flight", 32, "requests at the same time")
	flag.Parse()
	applies := must(read(os.Stdin))
	client := must(clientOf(*caFile))
	token := os.Getenv("TOKEN")

	var failed, next, protocol atomic.Int64
	var wait sync.WaitGroup
	started := time.Now()
	for range *inFlight {
		wait.Go(func() {
			for {
				at := int(next.Add(1)) - 1
				if at >= len(applies) {
					return
				}
				major, err := send(client, *server, token, applies[at])
				protocol.Store(int64(major))
				if err != nil {
					if failed.Add(1) == 1 {
						fmt.Fprintln(os.Stderr, err)
					}
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(started)
	result := map[string]any{"applies": len(applies), "failed": failed.Load(), "tookMs": took.Milliseconds(), "http": protocol.Load()}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		panic(err)
	}
}

func send(client *http.Client, server, token string, one apply) (int, error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPatch, server+one.Path, bytes.NewReader(one.Body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/apply-patch+yaml")
	request.Header.Set("Accept", "application/json")
	reply, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	if _, err := io.Copy(io.Discard, reply.Body); err != nil {
		return reply.ProtoMajor, err
	}
	if reply.StatusCode != http.StatusOK && reply.StatusCode != http.StatusCreated {
		return reply.ProtoMajor, fmt.Errorf("%s answered %d", one.Path, reply.StatusCode)
	}
	return reply.ProtoMajor, nil
}

func read(from io.Reader) ([]apply, error) {
	var applies []apply
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one apply
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, err
		}
		applies = append(applies, one)
	}
	return applies, lines.Err()
}

func clientOf(caFile string) (*http.Client, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
