import { container, startWorld } from "./azure-fixtures.ts";
import { ledgerStoreContract } from "./ledger-store-suite.ts";
import { secretStoreContract } from "./secret-store-suite.ts";

secretStoreContract("Azure Key Vault", async () => {
  const world = await startWorld();
  return {
    store: world.store(),
    fence: false,
    unknownVersionId: "main/00000000000000000000000000000000",
    close: () => world.close(),
  };
});

ledgerStoreContract("Azure Blob", async () => {
  const world = await startWorld();
  return { store: world.ledger({ container }), close: () => world.close() };
});
