import { kubernetesContract } from "../../contract/kubernetes-suite.ts";
import { binariesFolder } from "../binaries.ts";
import { startRealServer } from "./real-server.ts";

kubernetesContract("a real kube-apiserver", () => startRealServer(binariesFolder("kubernetes")));
