package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/log"
	v1 "k8s.io/api/core/v1"
)

type pullResult struct {
	At string `json:"at"`
	Ok bool   `json:"ok"`
	// Of the login that worked, or of the last one tried.
	Username string `json:"username"`
	Error    string `json:"error,omitempty"`
}

type puller struct {
	api, token, namespace, image string
	secrets                      []string
	client                       *http.Client
}

// pull repeats until standard input ends, one JSON line per pull.
func pull(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("pull", flag.ContinueOnError)
	api := flags.String("api", "", "address of the API server")
	tokenFile := flags.String("token-file", "", "file with a bearer token for it")
	caFile := flags.String("ca-file", "", "authorities of API server and registry, PEM")
	namespace := flags.String("namespace", "", "of the Secrets")
	names := flags.String("secrets", "", "names of the pod's imagePullSecrets, with commas")
	image := flags.String("image", "", "what to pull")
	pause := flags.Duration("pause", 50*time.Millisecond, "between two pulls")
	if err := flags.Parse(args); err != nil {
		return err
	}
	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		return err
	}
	client, err := clientTrusting(*caFile)
	if err != nil {
		return err
	}
	// Its store warns at each pull of what the file system lacks.
	if err := log.SetLevel("error"); err != nil {
		return err
	}
	one := puller{*api, strings.TrimSpace(string(token)), *namespace, *image, strings.Split(*names, ","), client}

	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(in))
		close(ended)
	}()
	encoder := json.NewEncoder(out)
	for {
		if err := encoder.Encode(one.once()); err != nil {
			return err
		}
		select {
		case <-ended:
			return nil
		case <-time.After(*pause):
		}
	}
}

func clientTrusting(caFile string) (*http.Client, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", caFile)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}, nil
}

// once is one sync of a pod: the Secrets are read, then each login is tried until one works.
func (p puller) once() pullResult {
	result := pullResult{At: time.Now().UTC().Format(time.RFC3339Nano)}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	found, err := p.readSecrets(ctx)
	if err != nil {
		result.Error = err.Error()
		return result
	}
	logins, err := loginsFor(found, p.image)
	if err != nil {
		result.Error = err.Error()
		return result
	}
	if len(logins) == 0 {
		logins = []login{{}}
	}
	for _, one := range logins {
		result.Username = one.Username
		if err = p.fetch(ctx, one); err == nil {
			result.Ok, result.Error = true, ""
			return result
		}
		result.Error = err.Error()
	}
	return result
}

func (p puller) readSecrets(ctx context.Context) ([]v1.Secret, error) {
	found := []v1.Secret{}
	for _, name := range p.secrets {
		url := fmt.Sprintf("%s/api/v1/namespaces/%s/secrets/%s", p.api, p.namespace, name)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+p.token)
		reply, err := p.client.Do(request)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err != nil {
			return nil, err
		}
		// A Secret that is not there is passed over, as the kubelet does.
		if reply.StatusCode == http.StatusNotFound {
			continue
		}
		if reply.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("secret %s: status %d", name, reply.StatusCode)
		}
		var secret v1.Secret
		if err := json.Unmarshal(body, &secret); err != nil {
			return nil, err
		}
		found = append(found, secret)
	}
	return found, nil
}

// fetch pulls every byte into a store of its own: no layer is there from an earlier pull.
func (p puller) fetch(ctx context.Context, with login) error {
	folder, err := os.MkdirTemp("", "puller-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	store, err := local.NewStore(folder)
	if err != nil {
		return err
	}
	credentials := func(string) (string, string, error) { return with.Username, with.Password, nil }
	authorizer := docker.NewDockerAuthorizer(docker.WithAuthClient(p.client), docker.WithAuthCreds(credentials))
	// Plain http on loopback alone, as containerd has it by default.
	hosts := docker.ConfigureDefaultRegistries(
		docker.WithClient(p.client), docker.WithAuthorizer(authorizer), docker.WithPlainHTTP(docker.MatchLocalhost))
	resolver := docker.NewResolver(docker.ResolverOptions{Hosts: hosts})
	name, descriptor, err := resolver.Resolve(ctx, p.image)
	if err != nil {
		return err
	}
	fetcher, err := resolver.Fetcher(ctx, name)
	if err != nil {
		return err
	}
	handler := images.Handlers(remotes.FetchHandler(store, fetcher), images.ChildrenHandler(store))
	return images.Dispatch(ctx, handler, nil, descriptor)
}
