// Puller does what a node does: `puller match` answers a table of cases from standard input as the
// kubelet's keyring does, `puller pull` pulls one image over and over with Secrets read from an API server.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: puller match | puller pull …"))
	}
	var err error
	switch os.Args[1] {
	case "match":
		err = match(os.Stdin, os.Stdout)
	case "pull":
		err = pull(os.Args[2:], os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("no command %q", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "puller:", err)
	os.Exit(1)
}
