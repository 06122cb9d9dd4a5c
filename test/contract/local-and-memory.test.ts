import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgeIdentity } from "../../core/drivers/local-file/age.ts";
import { createLocalFileLedger } from "../../core/drivers/local-file/ledger-store.ts";
import { createLocalFileStore } from "../../core/drivers/local-file/secret-store.ts";
import { MemoryLedgerStore } from "../../core/drivers/memory/ledger-store.ts";
import { MemorySecretStore } from "../../core/drivers/memory/secret-store.ts";
import { ledgerStoreContract } from "./ledger-store-suite.ts";
import { secretStoreContract } from "./secret-store-suite.ts";

const closed = async () => {};

secretStoreContract("memory", async () => ({ store: new MemorySecretStore(), fence: true, close: closed }));
secretStoreContract("memory without a fence", async () => ({
  store: new MemorySecretStore({ fence: false }),
  fence: false,
  close: closed,
}));
ledgerStoreContract("memory", async () => ({
  store: new MemoryLedgerStore({ nowMs: () => 1_700_000_000_000 }),
  close: closed,
}));

/** A directory of its own for one suite. */
async function localSite() {
  const directory = await mkdtemp(join(tmpdir(), "capstan-local-"));
  const options = {
    directory: join(directory, "site"),
    nowMs: () => Date.now(),
    hex: (bytes: number) => randomBytes(bytes).toString("hex"),
  };
  return { options, close: () => rm(directory, { recursive: true }) };
}

secretStoreContract("local file", async () => {
  const { options, close } = await localSite();
  const { identity } = await createAgeIdentity();
  return { store: createLocalFileStore({ ...options, identity }), fence: true, close };
});
ledgerStoreContract("local file", async () => {
  const { options, close } = await localSite();
  return { store: createLocalFileLedger(options), close };
});
