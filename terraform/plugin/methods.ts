/** Each call of protocol 6: what it says in the words of a provider, and the answer back in Terraform's. */
import { guarded } from "./faults.ts";
import * as messages from "./messages.ts";
import type { Message } from "./protobuf.ts";
import { decode, encode } from "./protobuf.ts";
import type { DataSource, Provider, Resource } from "./provider.ts";
import { answered, keep, kept, schemaOf, schemasOf, type WireDiagnostics } from "./translate.ts";
import { decodeJson, decodeObject, decodePresent, encodeObject } from "./values.ts";

/** From the bytes of a request to those of its answer; never fails. */
export type Method = (request: Uint8Array) => Promise<Buffer>;

/** The calls of the service `tfplugin6.Provider`, by name; others Terraform does not make, or can do without. */
export function methods(load: () => Promise<Provider>): Readonly<Record<string, Method>> {
  const answering =
    <Request, Response extends WireDiagnostics>(
      {
        request,
        response,
      }: { request: Message<Request, never>; response: Message<unknown, Response | WireDiagnostics> },
      answer: (asked: Request, provider: Provider) => Promise<Response>,
    ) =>
    (name: string): Method => {
      return (bytes) =>
        guarded(
          name,
          async () => encode(response, await answer(decode(request, bytes), await load())),
          (fault) => encode(response, answered({ diagnostics: [fault] })),
        );
    };

  const calls = {
    GetProviderSchema: answering(messages.getProviderSchema, async (_, { schema, resources, dataSources }) => ({
      provider: schemaOf(schema),
      resource_schemas: schemasOf(resources),
      data_source_schemas: schemasOf(dataSources),
      server_capabilities: { plan_destroy: true, get_provider_schema_optional: true },
      diagnostics: [],
    })),

    ValidateProviderConfig: answering(messages.validateProviderConfig, async ({ config }, provider) =>
      answered(await provider.validate(decodePresent(config))),
    ),

    ConfigureProvider: answering(messages.configureProvider, async ({ config }, provider) =>
      answered(await provider.configure(decodePresent(config))),
    ),

    ValidateResourceConfig: answering(messages.validateResourceConfig, async ({ type_name, config }, provider) =>
      answered(await resource(provider, type_name).validate(decodePresent(config))),
    ),

    ValidateDataResourceConfig: answering(messages.validateResourceConfig, async ({ type_name, config }, provider) =>
      answered(await dataSource(provider, type_name).validate(decodePresent(config))),
    ),

    ReadDataSource: answering(messages.readDataSource, async ({ type_name, config }, provider) => {
      const type = dataSource(provider, type_name);
      const answer = await type.read(decodePresent(config));
      return { ...answered(answer), state: encodeObject(answer.state, type.schema) };
    }),

    UpgradeResourceState: answering(messages.upgradeResourceState, async (request, provider) => {
      const type = resource(provider, request.type_name);
      const answer = await type.upgrade(decodeJson(request.raw_state?.json), request.version);
      return { ...answered(answer), upgraded_state: encodeObject(answer.state, type.schema) };
    }),

    ReadResource: answering(messages.readResource, async (request, provider) => {
      const type = resource(provider, request.type_name);
      const answer = await type.read(decodePresent(request.current_state), kept(request.private));
      return { ...answered(answer), new_state: encodeObject(answer.state, type.schema), private: keep(answer.private) };
    }),

    PlanResourceChange: answering(messages.planResourceChange, async (request, provider) => {
      const type = resource(provider, request.type_name);
      const answer = await type.plan({
        prior: decodeObject(request.prior_state),
        proposed: decodeObject(request.proposed_new_state),
        config: decodeObject(request.config),
        private: kept(request.prior_private),
        deferralAllowed: request.client_capabilities?.deferral_allowed ?? false,
      });
      const planned = encodeObject(answer.planned, type.schema);
      return { ...answered(answer), planned_state: planned, planned_private: keep(answer.private) };
    }),

    ApplyResourceChange: answering(messages.applyResourceChange, async (request, provider) => {
      const type = resource(provider, request.type_name);
      const answer = await type.apply({
        prior: decodeObject(request.prior_state),
        planned: decodeObject(request.planned_state),
        config: decodeObject(request.config),
        private: kept(request.planned_private),
      });
      return { ...answered(answer), new_state: encodeObject(answer.state, type.schema), private: keep(answer.private) };
    }),

    ImportResourceState: answering(messages.importResourceState, async ({ type_name, id }, provider) => {
      const type = resource(provider, type_name);
      const answer = await type.import(id);
      if (answer.state === null) return answered(answer);
      const imported = { type_name, state: encodeObject(answer.state, type.schema), private: keep(answer.private) };
      return { ...answered(answer), imported_resources: [imported] };
    }),
  };
  return Object.fromEntries(Object.entries(calls).map(([name, named]) => [name, named(name)]));
}

function resource({ resources }: Provider, type: string): Resource {
  const known = resources[type];
  if (!known) throw new TypeError(`there is no resource "${type}"`);
  return known;
}

function dataSource({ dataSources }: Provider, type: string): DataSource {
  const known = dataSources[type];
  if (!known) throw new TypeError(`there is no data source "${type}"`);
  return known;
}
