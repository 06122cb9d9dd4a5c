// A module of our own in between: a bundle that is cut into modules gives a CommonJS package's names to static imports only.
export { AwsClient, GoogleAuth, IdentityPoolClient } from "google-auth-library";
