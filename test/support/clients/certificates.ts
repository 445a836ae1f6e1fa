/** Authorities of certificates, made anew for each test. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** PEM text. */
export interface Signed {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Its certificate as PEM text, and the file that it is in. */
  readonly ca: string;
  readonly file: string;
  /** A certificate for a name; whatever the name, this machine may show it. */
  sign(name: string): Signed;
}

export function authority(folder: string, title: string): Authority {
  const at = (file: string): string => join(folder, `${title}-${file}`);
  const text = (file: string): string => readFileSync(at(file), "utf8");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-days", "2", "-subj", `/CN=${title}`, "-keyout", at("ca.key"), "-out", at("ca.pem"));
  writeFileSync(at("names"), "subjectAltName = DNS:localhost, IP:127.0.0.1\n");
  return {
    ca: text("ca.pem"),
    file: at("ca.pem"),
    sign(name) {
      const [request, cert] = [at(`${name}.csr`), at(`${name}.pem`)];
      const by = [
        "-CA",
        at("ca.pem"),
        "-CAkey",
        at("ca.key"),
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        at("names"),
      ];
      openssl("req", ...key, "-subj", `/CN=${name}`, "-keyout", at(`${name}.key`), "-out", request);
      openssl("x509", "-req", "-in", request, ...by, "-out", cert);
      return { cert: text(`${name}.pem`), key: text(`${name}.key`) };
    },
  };
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
