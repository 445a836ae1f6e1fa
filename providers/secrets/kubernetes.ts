/**
 * Secrets that Kubernetes mounts into the pod: a folder for each secret, a file for each key.
 * https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
 */
import { join } from "node:path";
import { type SecretStore, secretOfFile } from "../../core/secret-ways.ts";

/** `NAME/KEY` below the folder in which secrets are mounted. */
export const kubernetesSecrets: SecretStore = ({ id, mount = "/var/run/secrets" }, context) =>
  secretOfFile(
    join(mount, id),
    context,
    "Check that the pod mounts the secret there (`volumes` and `volumeMounts`), that it has this key, and that the user of the container may read it.",
  );
