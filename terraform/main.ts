/** Terraform starts this file; what it declares is loaded when the first call needs it. */
import { serve } from "./plugin/serve.ts";

void serve(async () => (await import("./provider.ts")).provider);
