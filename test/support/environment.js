import { TestEnvironment } from "jest-environment-node";

/** Outlives the test files of one jest worker, each of which has globals and modules of its own. */
const servers = new Map();

export default class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.datumlineServers = servers;
  }
}
