/**
 * A login at RDS or Aurora without a password: a token that the SDK signs for this host, port and user, good for 15 minutes.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import { optionalPackage } from "../../core/optional.ts";
import type { DataSource } from "../../core/specs.ts";

type Sdk = typeof import("@aws-sdk/rds-signer");

/** Whom the token is for. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** A fresh token; refuses where nobody here has credentials of AWS. */
export async function iamToken(
  { host, port, user }: Login,
  { region = regionOf(host), profile }: NonNullable<DataSource["connection"]["iam"]>,
): Promise<string> {
  const name = "@aws-sdk/rds-signer";
  const { Signer } = await optionalPackage<Sdk>(name, "The signer for logins with AWS IAM", process.cwd());
  const given = { ...(region !== undefined && { region }), ...(profile !== undefined && { profile }) };
  try {
    return await new Signer({ hostname: host, port, username: user, ...given }).getAuthToken();
  } catch (problem) {
    const isRegion = /region is missing/i.test((problem as Error).message);
    const detail = isRegion
      ? "Say `iam.region`, or set AWS_REGION."
      : "Check the credentials of AWS here: `aws sts get-caller-identity` tells who they are of.";
    const summary = `No token of IAM could be signed for ${user} at ${host}:${port}: ${isRegion ? "the region is missing" : (problem as Error).name}`;
    throw new Refusal([error("LOGIN_FAILED", summary, { detail })]);
  }
}

/** `warehouse.c0ffee.eu-central-1.rds.amazonaws.com` says where it is. */
function regionOf(host: string): string | undefined {
  return /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com/.exec(host)?.[1];
}
