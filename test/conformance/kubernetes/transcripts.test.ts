import { transcriptContract } from "../../contract/kubernetes-transcript-suite.ts";
import { binariesFolder } from "../binaries.ts";
import { startRealServer } from "./real-server.ts";

// The sandbox answers all of these as recorded, so whatever fails here is where the two differ.
transcriptContract("a real kube-apiserver", () => startRealServer(binariesFolder("kubernetes")));
