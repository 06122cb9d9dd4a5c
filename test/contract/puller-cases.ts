/** One pod's pull: what a node makes of its Secrets and its image. */
export interface PullerCase {
  readonly name: string;
  readonly image: string;
  /** Texts of `.dockerconfigjson`, in the order of `imagePullSecrets`. */
  readonly secrets: readonly string[];
  /** Where another type of Secret is meant. */
  readonly types?: readonly string[];
}

const auth = (text: string) => Buffer.from(text).toString("base64");
const entry = (user: string) => ({ auth: auth(`${user}:p`) });
const secret = (...auths: readonly (readonly [string, object | string | null])[]) =>
  JSON.stringify({ auths: Object.fromEntries(auths) });
const image = "h.example.com/p/r:tag";

const keys = [
  "h.example.com",
  "https://h.example.com",
  "http://h.example.com",
  "https://h.example.com/",
  "h.example.com/v2/",
  "https://h.example.com/v1/",
  "https://me@h.example.com",
  "h.example.com?x=1",
  "h.example.com#x",
  "h.example.com:",
  "*.example.com",
  "h.*.com",
  "*.*.*",
  "h*.ex*mp*e.com",
  "h.example.com/p",
  "h.example.com/p/",
  "h.example.com/p/r",
  "h.example.com/v2/p",
  "h.example.com/%70",
  "https://h.example.com/v2",
  "h.example.com:443",
  "H.example.com",
  "h.Example.com",
  "*.com",
  "*",
  "*.*.*.*",
  "h.ex*amples.com",
  "h.*exam*mple.com",
  "h.example.com/pro",
  "h.example.com/P",
  "h.example.com/*",
  "h.example.com/p/r/s",
  "h.example.com:*",
  "h.example.com:x",
  "h.example.com/%zz",
  "h.example.com/a b",
  "h example.com",
  "HTTPS://h.example.com",
  "me%zz@h.example.com",
  "m e@h.example.com",
  "",
];

const images: readonly (readonly [string, string])[] = [
  ["h:5000", "h:5000/p/r"],
  ["https://h:5000/v2/", "h:5000/p/r@sha256:0000000000000000000000000000000000000000000000000000000000000000"],
  ["h", "h:5000/p/r"],
  ["*:5000", "h:5000/p/r"],
  ["h.example.com/p", "h.example.com/private/x"],
  ["https://index.docker.io/v1/", "nginx"],
  ["docker.io", "nginx:1"],
  ["index.docker.io", "docker.io/library/nginx"],
  ["docker.io", "me/app:2"],
  ["https://index.docker.io/v1/", "localhost/p/r"],
  ["localhost", "localhost/p/r"],
  ["localhost:5000", "localhost:5000/p/r"],
];

const entries: readonly (readonly [string, object | string | null])[] = [
  ["username and password", { username: "u", password: "p" }],
  ["auth before username and password", { username: "x", password: "y", auth: auth("u:p") }],
  ["an email beside", { username: "u", password: "p", email: "u@example.com" }],
  ["a colon in the password", { auth: auth("u:p:q") }],
  ["an empty password", { auth: auth("u:") }],
  ["an empty username", { auth: auth(":p") }],
  ["unpadded base64", { auth: auth("us:pw").replaceAll("=", "") }],
  ["line breaks inside base64", { auth: `${auth("u:p").slice(0, 2)}\n${auth("u:p").slice(2)}` }],
  ["blanks inside base64", { auth: ` ${auth("u:p")}` }],
  ["the URL alphabet of base64", { auth: "dTo_Pz8-" }],
  ["no colon in auth", { auth: auth("nobody") }],
  ["auth that is no base64", { auth: "%%%" }],
  ["an empty auth", { username: "u", password: "p", auth: "" }],
  ["auth null", { username: "u", password: "p", auth: null }],
  ["a number for a username", { username: 7, password: "p" }],
  ["names in other letters", { UserName: "u", PASSWORD: "p" }],
  ["an identity token alone", { identitytoken: "t" }],
  ["nothing", {}],
  ["null", null],
  ["a text", "u:p"],
];

const documents: readonly (readonly [string, string])[] = [
  ["an empty document", "{}"],
  ["no auths", '{"credHelpers":{"h.example.com":"ecr"}}'],
  ["auths null", '{"auths":null}'],
  ["auths a list", '{"auths":[]}'],
  ["auths in other letters", `{"AUTHS":{"h.example.com":{"auth":"${auth("u:p")}"}}}`],
  ["headers that are none", '{"auths":{},"HttpHeaders":7}'],
  ["a list", "[]"],
  ["a text after the end", "{} x"],
  ["no JSON", "auths: {}"],
  ["nothing", ""],
  ["null", "null"],
  [
    "the same key twice",
    `{"auths":{"h.example.com":{"auth":"${auth("a:p")}"},"h.example.com":{"auth":"${auth("b:p")}"}}}`,
  ],
];

const orders: readonly PullerCase[] = [
  {
    name: "two Secrets with the same key",
    image,
    secrets: [secret(["h.example.com", entry("first")]), secret(["h.example.com", entry("second")])],
  },
  {
    name: "the longer path first, whatever the order of the Secrets",
    image,
    secrets: [secret(["h.example.com", entry("host")]), secret(["h.example.com/p", entry("path")])],
  },
  {
    name: "a glob and a name",
    image,
    secrets: [secret(["*.example.com", entry("glob")], ["h.example.com", entry("name")])],
  },
  {
    name: "the same login twice",
    image,
    secrets: [secret(["h.example.com", entry("u")]), secret(["h.example.com", entry("u")])],
  },
  {
    name: "a good Secret beside a malformed one",
    image,
    secrets: [secret(["h.example.com", entry("good")]), secret(["other.example.com", { auth: "%%%" }])],
  },
  {
    name: "a malformed entry of a registry that is not asked",
    image,
    secrets: [secret(["h.example.com", entry("good")], ["other.example.com", { auth: "%%%" }])],
  },
  { name: "no Secret", image, secrets: [] },
  { name: "another type is passed over", image, secrets: [secret(["h.example.com", entry("u")])], types: ["Opaque"] },
];

/** Shared by our own rules and by a node's own code: they agree on every row. */
export const pullerCases: readonly PullerCase[] = [
  ...keys.map((key) => ({ name: `key ${JSON.stringify(key)}`, image, secrets: [secret([key, entry("u")])] })),
  ...images.map(([key, of]) => ({ name: `${key} for ${of}`, image: of, secrets: [secret([key, entry("u")])] })),
  ...entries.map(([name, value]) => ({ name: `entry: ${name}`, image, secrets: [secret(["h.example.com", value])] })),
  ...documents.map(([name, text]) => ({ name: `document: ${name}`, image, secrets: [text] })),
  ...orders.map((one) => ({ ...one, name: `order: ${one.name}` })),
];

export interface PullerAnswer {
  readonly name: string;
  readonly malformed: boolean;
  readonly logins: readonly { readonly username: string; readonly password: string }[];
}
