import type { Config } from "../../../core/config/complete.ts";
import { type LoadedConfig, loadConfig } from "../../../core/config/load.ts";

/** A file with every kind of site; tests change it by replacing text. */
export const example = `format: 1
installation: demo
registries:
  main:
    kind: harbor
    endpoint: https://harbor.example.com
    caFile: ./ca.pem
    issuer: { username: 'robot$capstan', password: 'env:HARBOR_ISSUER_PASSWORD' }
sites:
  aws:
    kind: aws
    region: eu-central-1
    credentials: { accessKeyId: env:AWS_ID, secretAccessKey: file:./aws-secret }
    secretsManager: { endpoint: 'http://127.0.0.1:4566' }
    ledger: { kind: dynamodb, table: capstan }
  azure:
    kind: azure
    vaultUrl: https://demo.vault.azure.net/
    credential: { kind: managed }
    ledger: { kind: blob, accountUrl: https://demo.blob.core.windows.net, container: capstan }
  gcp:
    kind: gcp
    project: demo-project
  local:
    kind: local
    directory: ./.capstan
    identity: file:age.key
clusters:
  prod-1: { site: aws, server: 'https://10.0.0.1:6443', token: env:PROD_1_TOKEN, canary: true }
  prod-2: { site: azure, server: 'https://10.0.0.2:6443', token: env:PROD_2_TOKEN }
  home-1: { site: local, context: home, kubeconfig: ~/.kube/home }
credentials:
  platform-pull:
    registry: main
    home: aws
    sites: [azure, gcp]
    robot:
      permissions:
        - namespace: apps
          access: [{ resource: repository, action: pull }]
    proof: { repository: apps/hello }
    targets:
      - clusters: [prod-1, prod-2]
        namespaces: { names: [web, shop] }
        secret: harbor-pull
`;

export const path = "/etc/capstan/capstan.yaml";

export function load(text: string): LoadedConfig {
  return loadConfig({ path, readFile: () => text, env: { HOME: "/home/op" } });
}

export function loadGood(text: string): Config {
  const { config, problems } = load(text);
  if (config === null) throw new Error(JSON.stringify(problems, null, 2));
  return config;
}

/** Replaces text that must be there, so that no test passes because it changed nothing. */
export function change(from: string, to: string, text = example): string {
  if (!text.includes(from)) throw new Error(`not in the example: ${from}`);
  return text.replace(from, () => to);
}

/** Problems as `line:column path: problem; mend`. */
export function problemsOf(text: string): string[] {
  return load(text).problems.map((one) => `${one.line}:${one.column} ${one.path}: ${one.problem}; ${one.mend}`);
}
