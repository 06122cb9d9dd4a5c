import { MemoryLedgerStore } from "../../core/drivers/memory/ledger-store.ts";
import { MemorySecretStore } from "../../core/drivers/memory/secret-store.ts";
import { ledgerStoreContract } from "./ledger-store-suite.ts";
import { secretStoreContract } from "./secret-store-suite.ts";

const closed = async () => {};
const noLimits = {
  skip: {
    "a name that no store takes is refused before anybody is asked":
      "the memory store serves the simulation alone: every name is taken",
  },
};

secretStoreContract("memory", async () => ({ store: new MemorySecretStore(), fence: true, close: closed }), noLimits);
secretStoreContract(
  "memory without a fence",
  async () => ({ store: new MemorySecretStore({ fence: false }), fence: false, close: closed }),
  noLimits,
);
ledgerStoreContract("memory", async () => ({
  store: new MemoryLedgerStore({ nowMs: () => 1_700_000_000_000 }),
  close: closed,
}));
