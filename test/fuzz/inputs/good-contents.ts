import { formatLedger } from "../../../core/engine/ledger-text.ts";
import { encodeValue } from "../../../core/engine/value.ts";
import { Secret } from "../../../core/secret.ts";
import { ledgerWith, nextOf, record, roundId, siteLedgerWith, t0 } from "../../unit/protocol/ledgers.ts";

/** With something in every field. */
export const goodHomeLedger = formatLedger(
  ledgerWith({
    next: nextOf("proven"),
    replaced: [record(1, { state: "draining" })],
    abandoned: [{ generation: 3, attempt: "dead", atMs: t0 }],
    round: { id: roundId, drawnAtMs: t0, generations: [1] },
    takenEvents: ["delivery-1"],
    askedSinceMs: t0,
    rebuiltAtMs: t0,
    holdSinceMs: t0,
    refusals: { count: 1, firstMs: t0, lastMs: t0 },
    lease: { owner: "runner-1", untilMs: t0 },
  }),
);

export const goodSiteLedger = formatLedger(
  siteLedgerWith("aws", {
    unserved: [{ target: "c/n/s", reason: "denied", text: "403" }],
    foreign: [{ target: "c/n/t", why: "kept by helm", username: "robot$x" }],
    higher: { epoch: 9, username: null },
  }),
);

export const goodValue = encodeValue({
  ledgerId: "a".repeat(32),
  epoch: 4,
  generation: 3,
  hashKey: "00ff",
  login: { username: "robot$platform-pull-g3-0a1b", password: new Secret("a-robots-password") },
  registryKey: "harbor.example.com",
  expiresAtMs: 1_800_000_000_000,
  robotId: 17,
}).reveal();
