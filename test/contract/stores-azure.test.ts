import { secretStoreContractHarder } from "./secret-store-suite.ts";
import { storeHarnesses } from "./store-harnesses.ts";

/** Key Vault knows neither a condition nor a request id (azure-sdk-for-python#39790), so an old reading is believed. */
const unfenced = [
  "a flip with a stale `replaces` is a lost race and changes nothing",
  "a flip that expects no current value is refused where there is one",
  "a stale flip of a staged version is a lost race and leaves it readable",
  "no error carries a value",
];
const writtenTwice = [
  "staging the same value under the same token again is the same version",
  "the same flip twice is one flip",
  "a staged version is promoted",
  "a flip that comes again after a later one moves nothing back",
  "a discarded pending value can be staged again",
  "an old version discarded while a new one is promoted: both hold",
];

/** Each of these counts versions: the loser's stays beside the winner's until its epoch is discarded. */
const counted = [
  "a staged value is invisible to readers of an absent name",
  "staging the same value under the same token again is the same version",
  "the first flip replaces nothing",
  "the same flip twice is one flip",
  "versions are listed with their epochs, one of them current",
  "a discarded version is gone, the others are not",
  "a pending version is discarded without touching the current one",
  "a name of 60 characters works, the round beside it too",
  "a name that begins like another is kept apart",
  "the tag's generation may be another number than its epoch",
  "two pending values of different epochs live side by side",
  "a discarded pending value can be staged again",
  "many versions are discarded at once",
  "all pending values of a name that never had a current one are discarded",
  "a flip that was repeated after its predecessor was discarded is still one flip",
  "an old version discarded while a new one is promoted: both hold",
  "names written at the same time do not meet",
];

const because = (titles: readonly string[], reason: string): Readonly<Record<string, string>> =>
  Object.fromEntries(titles.map((title) => [title, reason]));

secretStoreContractHarder("Azure Key Vault", storeHarnesses.azure, {
  "cut replies": {},
  "cut requests": {},
  throttles: {},
  "stale reads": {
    skip: {
      ...because(
        unfenced,
        "no fence: a write judged by an old reading goes through, the next tick names and repairs it",
      ),
      ...because(
        writtenTwice,
        "an old reading does not show that this call was made before: it is made again, as a new version",
      ),
    },
  },
  "two racing writers": { skip: because(counted, "no request id: of two at the same instant both write a version") },
});
