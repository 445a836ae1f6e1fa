/**
 * AWS Secrets Manager, through the SDK: where it is and who asks is said as everywhere with AWS (environment, profile,
 * role of the instance, `AWS_ENDPOINT_URL_SECRETS_MANAGER`).
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
import { optionalPackage } from "../../core/optional.ts";
import { type SecretStore, Unresolved } from "../../core/secret-ways.ts";

type Sdk = typeof import("@aws-sdk/client-secrets-manager");

export const awsSecrets: SecretStore = async ({ id, region = regionOf(id), version }, { cwd, signal }) => {
  const sdk = await optionalPackage<Sdk>("@aws-sdk/client-secrets-manager", "The client of AWS Secrets Manager", cwd);
  const client = new sdk.SecretsManagerClient({ maxAttempts: 3, ...(region !== undefined && { region }) });
  try {
    const asked = new sdk.GetSecretValueCommand({
      SecretId: id,
      ...(version !== undefined && { VersionStage: version }),
    });
    const { SecretString, SecretBinary } = await client.send(asked, { abortSignal: signal });
    const value = SecretString ?? (SecretBinary && Buffer.from(SecretBinary).toString("utf8"));
    if (value) return value;
    throw new Unresolved(`The secret ${id} of AWS Secrets Manager is empty`, "Put a value into it.");
  } catch (problem) {
    throw problem instanceof Unresolved ? problem : told(problem as Problem, id);
  } finally {
    client.destroy();
  }
};

/** An ARN says where its secret is. */
function regionOf(id: string): string | undefined {
  return /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(id)?.[1];
}

type Problem = Error & { readonly code?: string; readonly $metadata?: { readonly httpStatusCode?: number } };

const LOGIN = "Check the credentials of AWS here: `aws sts get-caller-identity` tells who they are of.";

const KNOWN: Readonly<Record<string, readonly [string, string]>> = {
  ResourceNotFoundException: ["has no secret", "Check its name, the version and the region."],
  AccessDeniedException: ["denies access to", "Allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key."],
  DecryptionFailure: ["cannot decrypt", "Allow kms:Decrypt on the key of the secret."],
  InvalidRequestException: ["does not give out", "It may be marked for deletion; restore it or name another."],
  UnrecognizedClientException: ["does not know who asks for", LOGIN],
  InvalidClientTokenId: ["does not know who asks for", LOGIN],
  InvalidSignatureException: ["does not know who asks for", LOGIN],
  ExpiredTokenException: [
    "takes the credentials for expired that ask for",
    "Log in again, such as with `aws sso login`.",
  ],
  CredentialsProviderError: ["needs credentials and there are none to ask for", LOGIN],
};

/** Only the name of the problem is told, which is a word of the API. */
function told({ name, message, code, $metadata }: Problem, id: string): Unresolved {
  const denied = [401, 403].includes($metadata?.httpStatusCode ?? 0) ? KNOWN.UnrecognizedClientException : undefined;
  const [how, next] = KNOWN[name] ?? denied ?? (/region is missing/i.test(message) ? NO_REGION : undefined) ?? [];
  if (how !== undefined) return new Unresolved(`AWS Secrets Manager ${how} ${id}`, next as string);
  return new Unresolved(
    `AWS Secrets Manager could not be asked for ${id}: ${code ?? name}`,
    "Check the region, the endpoint and the network in between; `aws secretsmanager describe-secret` tries the same.",
  );
}

const NO_REGION = ["needs a region to look for", "Say `region`, or set AWS_REGION."] as const;
