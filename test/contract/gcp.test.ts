import { startGcpHarness } from "./gcp-fixtures.ts";
import { ledgerStoreContract } from "./ledger-store-suite.ts";
import { secretStoreContract } from "./secret-store-suite.ts";

secretStoreContract("GCP Secret Manager", async () => ({ ...(await startGcpHarness()), fence: true }));
secretStoreContract("GCP Secret Manager, an unknown version in its own form", async () => ({
  ...(await startGcpHarness()),
  fence: true,
  unknownVersionId: "main/4711",
}));

ledgerStoreContract("GCP annotations", async () => {
  const { ledger, close } = await startGcpHarness();
  return { store: ledger, close };
});

ledgerStoreContract("GCP annotations under a quota of writes", async () => {
  const { ledger, advance, close } = await startGcpHarness({ secretWritesPerSecondMax: 5 });
  // A second of the project's clock passes in every 20 ms, so that the quota bites and the suite stays fast.
  const clock = setInterval(() => advance(1000), 20);
  return {
    store: ledger,
    throttles: true,
    async close() {
      clearInterval(clock);
      await close();
    },
  };
});
