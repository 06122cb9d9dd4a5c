import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createAuthority } from "../../../functions/sandbox/certificates.ts";
import { stop } from "../processes.ts";

const readyWithinMs = 60_000;

export interface Server {
  /** For the tests: where it is and how to trust it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}

async function untilReady(child: ChildProcess, port: number, name: string): Promise<void> {
  const endMs = Date.now() + readyWithinMs;
  while (Date.now() < endMs && child.exitCode === null) {
    if (await answers(port)) return;
    await delay(100);
  }
  await stop(child);
  throw new Error(`${name} does not listen on ${port} within ${readyWithinMs} ms`);
}

/** Secrets Manager, DynamoDB and S3 by moto, on loopback. */
export async function startMoto(program: string): Promise<Server> {
  const port = await freePort();
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  await untilReady(child, port, "moto");
  return { env: { CAPSTAN_MOTO_URL: `http://127.0.0.1:${port}` }, close: () => stop(child) };
}

/** Blob storage by azurite over TLS: it takes bearer tokens no other way. */
export async function startAzurite(program: string): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-azurite-"));
  const authority = await createAuthority("azurite-authority");
  const { cert, key } = await authority.leaf("azurite");
  const files = { "ca.pem": authority.caPem, "tls.pem": cert, "tls.key": key };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const port = await freePort();
  const args = ["--blobPort", String(port), "--cert", "tls.pem", "--key", "tls.key", "--oauth", "basic"];
  const quiet = ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"];
  const child = spawn(process.execPath, [program, ...args, ...quiet], { cwd: folder, stdio: "ignore" });
  const close = async (): Promise<void> => {
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child, port, "azurite");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    env: { CAPSTAN_AZURITE_URL: `https://127.0.0.1:${port}`, CAPSTAN_AZURITE_CA: join(folder, "ca.pem") },
    close,
  };
}
