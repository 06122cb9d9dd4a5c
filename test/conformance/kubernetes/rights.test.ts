import { rightsContract } from "../../contract/kubernetes-rights.ts";
import { binariesFolder } from "../binaries.ts";
import { startRealServer } from "./real-server.ts";

rightsContract("a real kube-apiserver", () => startRealServer(binariesFolder("kubernetes")));
