/**
 * What S3 and the way to it answer, as the user is to read it. Only names are told, which are words of the API: what a server
 * writes besides may hold who asked.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import { MissingPart } from "../../core/backups/model.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";

/** Which bucket, and where, was asked. */
export interface Asked {
  /** `s3://bucket/prefix`. */
  readonly shown: string;
  readonly bucket: string;
  /** What the names of its objects begin with. */
  readonly prefix: string;
  readonly endpoint: string | undefined;
}

type Problem = Error & {
  readonly code?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
};

type Telling = (of: {
  readonly asked: Asked;
  readonly action: string;
  readonly problem: Problem;
}) => readonly [what: string, next: string];

const LOGIN =
  "`aws sts get-caller-identity` tells who the credentials here are of; `accessKey` and `secretKey` name others.";
const AGAIN = "Log in again, such as with `aws sso login`, or renew what is in the environment.";

const denied: Telling = ({ asked: { bucket, prefix }, action }) => [
  `denies ${action}`,
  action.startsWith("s3:List")
    ? `Allow ${action} on arn:aws:s3:::${bucket}. What is needed in all stands in docs/backups.md.`
    : `Allow ${action} on arn:aws:s3:::${bucket}/${prefix}*, and the use of its key where KMS encrypts it. What is needed in all stands in docs/backups.md.`,
];

const elsewhere: Telling = ({ problem }) => {
  const region = problem.Region ?? problem.$response?.headers?.["x-amz-bucket-region"];
  return ["is in another region", region ? `Say \`region: ${region}\`.` : "Say its `region`."];
};

const unknownCaller: Telling = () => ["does not know who asks", LOGIN];
const expired: Telling = () => ["takes the credentials for expired", AGAIN];
const later: Telling = ({ problem }) => [
  `answered ${problem.$metadata?.attempts ?? 1} times that it cannot now (${problem.name})`,
  "Run again later. AWS_MAX_ATTEMPTS says how often each request is tried.",
];
const unreachable: Telling = ({ asked: { endpoint }, problem }) => [
  `cannot be reached: ${problem.code ?? problem.name}`,
  `Check ${endpoint === undefined ? "the region" : `the endpoint ${endpoint}`} and the network in between, a proxy and a firewall included.`,
];
const distrusted: Telling = ({ problem }) => [
  `shows a certificate that nobody here vouches for (${problem.code})`,
  "Name the certificate of its authority in NODE_EXTRA_CA_CERTS.",
];
const noKey: Telling = () => [
  "cannot use the key of KMS",
  "Check `kmsKey`, that it is enabled and in the region of the bucket, and allow kms:GenerateDataKey and kms:Decrypt.",
];

const KNOWN: Readonly<Record<string, Telling>> = {
  NoSuchBucket: () => ["does not exist", "Make the bucket, or mend `bucket`, `region` and `endpoint`."],
  AccessDenied: denied,
  AllAccessDisabled: denied,
  Forbidden: denied,
  PermanentRedirect: elsewhere,
  AuthorizationHeaderMalformed: elsewhere,
  IllegalLocationConstraintException: elsewhere,
  InvalidAccessKeyId: unknownCaller,
  InvalidToken: unknownCaller,
  SignatureDoesNotMatch: () => [
    "takes the secret key for wrong",
    "Check `secretKey` or AWS_SECRET_ACCESS_KEY, and that no proxy in between changes requests.",
  ],
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  RequestTimeTooSkewed: () => ["finds the clock of this machine wrong", "Set the clock: `timedatectl set-ntp true`."],
  CredentialsProviderError: () => [
    "needs credentials and there are none",
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role, or name `accessKey` and `secretKey`.",
  ],
  PreconditionFailed: () => [
    "has an object of that name already, which stays as it is",
    "Nothing is ever written over. Run again: each run has names of its own.",
  ],
  NoSuchKey: () => [
    "has lost the object while it was being read",
    "See who or which rule removes objects there, and take another backup.",
  ],
  NoSuchUpload: () => [
    "has dropped the upload while it was under way",
    "A rule of the bucket that ends unfinished uploads must leave them a day at least.",
  ],
  InvalidObjectState: () => [
    "has moved the object to an archive",
    "Have it brought back there first (`aws s3api restore-object`), and keep the rule of the bucket from moving what may be needed.",
  ],
  QuotaExceeded: () => ["has no room left", "Raise its quota, or shorten `retention`."],
};

/** Codes of a certificate that is not trusted, in Node's words. */
const CERTIFICATE = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS)/;
const BY_STATUS: Readonly<Record<number, Telling>> = { 301: elsewhere, 401: unknownCaller, 403: denied };

/** What went wrong, told with the next step; `action` as policies of AWS name it. */
export function told(caught: unknown, action: string, asked: Asked): Error {
  if (caught instanceof Refusal || caught instanceof MissingPart) return caught;
  const problem = caught as Problem;
  const telling = tellingOf(problem);
  if (!telling) return problem;
  const [what, next] = telling({ asked, action, problem });
  return new Refusal([error("PLACE_FAILED", `${asked.shown} ${what}`, { detail: next })]);
}

/** None for what neither a server nor the network has said. */
function tellingOf(problem: Problem): Telling | undefined {
  const { name, message, code = "", $metadata } = problem;
  const status = $metadata?.httpStatusCode ?? 0;
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : BY_STATUS[status];
  if (known) return known;
  if (/^KMS/.test(name)) return noKey;
  if (/region is missing/i.test(message)) return () => ["needs a region", "Say `region`, or set AWS_REGION."];
  if (CERTIFICATE.test(code)) return distrusted;
  if (status >= 500) return later;
  if (status === 0) return code !== "" || name === "TimeoutError" ? unreachable : undefined;
  return ({ action }) => [
    `does not do ${action} (${name}, ${status})`,
    "Look the name up in the manual of the server. One that is not AWS may lack what is asked: AWS_REQUEST_CHECKSUM_CALCULATION=WHEN_REQUIRED leaves checksums out.",
  ];
}

/** The same for objects that an answer names one by one. */
export function toldEach(
  errors: readonly { readonly Key?: string | undefined; readonly Code?: string | undefined }[],
  action: string,
  asked: Asked,
): Refusal {
  return new Refusal(
    errors.flatMap(({ Key = "", Code = "Unknown" }) => {
      const refusal = told(
        Object.assign(new Error(Code), { name: Code, $metadata: { httpStatusCode: 400 } }),
        action,
        asked,
      );
      return (refusal as Refusal).diagnostics.map((one) => ({ ...one, summary: `${one.summary}: ${Key}` }));
    }),
  );
}
