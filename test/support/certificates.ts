/** Certificates by openssl: a CA, and what it signs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";

export interface Issued {
  readonly cert: string;
  readonly key: string;
  /** Certificate of the CA that signed it. */
  readonly ca: string;
}

export interface Wanted {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  /** Days from now on which it begins and ends. @default [-1, 400] */
  readonly days?: readonly [number, number];
}

export interface Authority {
  readonly ca: string;
  /** Where it keeps them. */
  readonly folder: string;
  issue(wanted: Wanted): Issued;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A CA of its own each time. */
export function authority(name = "Test CA"): Authority {
  const folder = mkdtempSync(join(tmpdir(), "datumline-ca-"));
  folders.push(folder);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync("openssl", [...args], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-days", "800", "-subj", `/CN=${name}`);
  let count = 0;
  return {
    ca: read("ca.pem"),
    folder,
    issue({ names = [], addresses = [], days: [from, until] = [-1, 400] }) {
      count += 1;
      const [key, request, cert, extensions] = ["key", "csr", "crt", "ext"].map((end) => `${count}.${end}`) as [
        string,
        string,
        string,
        string,
      ];
      const subject = `/CN=${names[0] ?? addresses[0] ?? "server"}`;
      openssl("req", ...newKey, "-keyout", key, "-out", request, "-subj", subject);
      const alternative = [...names.map((one) => `DNS:${one}`), ...addresses.map((one) => `IP:${one}`)];
      writeFileSync(
        join(folder, extensions),
        alternative.length > 0 ? `subjectAltName=${alternative.join(",")}\n` : "",
      );
      writeFileSync(join(folder, "index.txt"), "");
      writeFileSync(
        join(folder, "ca.cnf"),
        `[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n`,
      );
      const dates = ["-startdate", moment(from), "-enddate", moment(until)];
      const by = ["-config", "ca.cnf", "-keyfile", "ca.key", "-cert", "ca.pem", "-extfile", extensions];
      openssl("ca", "-batch", "-notext", "-in", request, "-out", cert, ...by, ...dates);
      return { cert: read(cert), key: read(key), ca: read("ca.pem") };
    },
  };
}

/** As openssl writes it: `20301231235959Z`. */
function moment(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
}
