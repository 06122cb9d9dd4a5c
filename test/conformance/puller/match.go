package main

import (
	"encoding/json"
	"io"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
	"k8s.io/kubernetes/pkg/util/parsers"
)

type pullCase struct {
	Name    string      `json:"name"`
	Image   string      `json:"image"`
	Secrets []v1.Secret `json:"secrets"`
}

type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type pullAnswer struct {
	Name string `json:"name"`
	// One malformed Secret fails the pod, whatever the others hold.
	Malformed bool    `json:"malformed"`
	Logins    []login `json:"logins"`
}

func match(in io.Reader, out io.Writer) error {
	var cases []pullCase
	if err := json.NewDecoder(in).Decode(&cases); err != nil {
		return err
	}
	answers := make([]pullAnswer, 0, len(cases))
	for _, one := range cases {
		found, err := loginsFor(one.Secrets, one.Image)
		answers = append(answers, pullAnswer{Name: one.Name, Malformed: err != nil, Logins: found})
	}
	return json.NewEncoder(out).Encode(answers)
}

// loginsFor gives what the kubelet would try, in its order; none: an anonymous pull.
func loginsFor(pullSecrets []v1.Secret, image string) ([]login, error) {
	repository, _, _, err := parsers.ParseImageName(image)
	if err != nil {
		return []login{}, err
	}
	keyring, err := secrets.MakeDockerKeyring(pullSecrets, &credentialprovider.BasicDockerKeyring{})
	if err != nil {
		return []login{}, err
	}
	tracked, _ := keyring.Lookup(repository)
	found := make([]login, 0, len(tracked))
	for _, one := range tracked {
		found = append(found, login{one.Username, one.Password})
	}
	return found, nil
}
