/** The provider as Terraform uses it, step after step, which takes Terraform its time: `npm run test:terraform`. */
import { jest } from "./jest.ts";

process.exitCode = jest("terraform", ["--testMatch", "**/test/**/*.terraform.ts", ...process.argv.slice(2)], {});
