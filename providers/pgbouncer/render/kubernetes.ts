import { createHash } from "node:crypto";
import { iniFile } from "./ini.ts";
import type { RenderedPooler } from "./model.ts";
import { indented, plainName } from "./text.ts";

/** The volume that a file is in; the userlist changes by itself more often than the rest. */
function volumeOf(file: string): "userlist" | "files" {
  return file === "userlist.txt" ? "userlist" : "files";
}

/** A ConfigMap, a Deployment and a Service; the userlist is a Secret that somebody else makes. */
export function kubernetesManifest(pooler: RenderedPooler): string {
  const ini = iniFile(pooler);
  const name = plainName(pooler.name);
  const { port, files } = pooler;
  const others = files.filter((file) => volumeOf(file.name) === "files");
  const given = others.map((file) => ` --from-file=${file.name}=…`).join("");
  return `# ${pooler.name}: made by Datumline. The userlist, once: kubectl create secret generic ${name}-userlist --from-file=userlist.txt
${others.length > 0 ? `# Certificates, keys and rules, once: kubectl create secret generic ${name}-files${given}\n` : ""}apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  pgbouncer.ini: |
${indented(ini, 4)}---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  # Each has pools of its own: so many times the connections. Say it with \`poolers\` of a PoolerAccess.
  replicas: 1
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata:
      labels: { app: ${name} }
      annotations:
        # Another configuration is another pod.
        datumline/configuration: ${createHash("sha256").update(ini).digest("hex").slice(0, 16)}
    spec:
      securityContext: { runAsNonRoot: true, runAsUser: 70, fsGroup: 70 }
      terminationGracePeriodSeconds: 60
      containers:
        - name: pgbouncer
          # Any image that has pgbouncer on its path.
          image: edoburu/pgbouncer
          command: ["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"]
          ports: [{ name: postgresql, containerPort: ${port} }]
          readinessProbe: { tcpSocket: { port: postgresql }, periodSeconds: 5 }
          lifecycle: { preStop: { exec: { command: ["sh", "-c", "sleep 5; kill -INT 1"] } } }
          volumeMounts:
            - { name: configuration, mountPath: /etc/pgbouncer/pgbouncer.ini, subPath: pgbouncer.ini }
${files.map(({ name: file, path }) => `            - { name: ${volumeOf(file)}, mountPath: ${JSON.stringify(path)}, subPath: ${file}, readOnly: true }\n`).join("")}      volumes:
        - { name: configuration, configMap: { name: ${name} } }
        - { name: userlist, secret: { secretName: ${name}-userlist, defaultMode: 0440 } }
${others.length > 0 ? `        - { name: files, secret: { secretName: ${name}-files, defaultMode: 0440 } }\n` : ""}---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: { app: ${name} }
  ports: [{ name: postgresql, port: ${port}, targetPort: postgresql }]
`;
}
