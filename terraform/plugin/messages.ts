/** The part of protocol 6 that Terraform uses with a provider of resources and data sources. */
import { bool, bytes, integer, many, map, message, one, text, type Written } from "./protobuf.ts";

export const empty = message({});

/** There is a form in JSON as well, which Terraform does not send. */
const dynamicValue = message({ msgpack: bytes(1) });

const step = message({ attribute_name: text(1) });
const attributePath = message({ steps: many(1, step) });

/** `severity`: 1 error, 2 warning. */
export const diagnostic = message({
  severity: integer(1),
  summary: text(2),
  detail: text(3),
  attribute: one(4, attributePath),
});
const diagnostics = (number: number) => many(number, diagnostic);

/** `type` is in JSON. */
const attribute = message({
  name: text(1),
  type: bytes(2),
  description: text(3),
  required: bool(4),
  optional: bool(5),
  computed: bool(6),
  sensitive: bool(7),
  write_only: bool(11),
});
const block = message({ version: integer(1), attributes: many(2, attribute), description: text(4) });
const schema = message({ version: integer(1), block: one(2, block) });
export type WireSchema = Written<typeof schema>;

const serverCapabilities = message({ plan_destroy: bool(1), get_provider_schema_optional: bool(2) });
const clientCapabilities = message({ deferral_allowed: bool(1) });
const rawState = message({ json: bytes(1) });
const importedResource = message({ type_name: text(1), state: one(2, dynamicValue), private: bytes(3) });

export const getProviderSchema = {
  request: empty,
  response: message({
    provider: one(1, schema),
    resource_schemas: map(2, schema),
    data_source_schemas: map(3, schema),
    diagnostics: diagnostics(4),
    server_capabilities: one(6, serverCapabilities),
  }),
};

export const validateProviderConfig = {
  request: message({ config: one(1, dynamicValue) }),
  response: message({ diagnostics: diagnostics(2) }),
};

/** ValidateDataResourceConfig has the same fields. */
export const validateResourceConfig = {
  request: message({ type_name: text(1), config: one(2, dynamicValue) }),
  response: message({ diagnostics: diagnostics(1) }),
};

export const configureProvider = {
  request: message({ config: one(2, dynamicValue) }),
  response: message({ diagnostics: diagnostics(1) }),
};

export const upgradeResourceState = {
  request: message({ type_name: text(1), version: integer(2), raw_state: one(3, rawState) }),
  response: message({ upgraded_state: one(1, dynamicValue), diagnostics: diagnostics(2) }),
};

export const readResource = {
  request: message({ type_name: text(1), current_state: one(2, dynamicValue), private: bytes(3) }),
  response: message({ new_state: one(1, dynamicValue), diagnostics: diagnostics(2), private: bytes(3) }),
};

export const planResourceChange = {
  request: message({
    type_name: text(1),
    prior_state: one(2, dynamicValue),
    proposed_new_state: one(3, dynamicValue),
    config: one(4, dynamicValue),
    prior_private: bytes(5),
    client_capabilities: one(7, clientCapabilities),
  }),
  response: message({ planned_state: one(1, dynamicValue), planned_private: bytes(3), diagnostics: diagnostics(4) }),
};

export const applyResourceChange = {
  request: message({
    type_name: text(1),
    prior_state: one(2, dynamicValue),
    planned_state: one(3, dynamicValue),
    config: one(4, dynamicValue),
    planned_private: bytes(5),
  }),
  response: message({ new_state: one(1, dynamicValue), private: bytes(2), diagnostics: diagnostics(3) }),
};

export const importResourceState = {
  request: message({ type_name: text(1), id: text(2) }),
  response: message({ imported_resources: many(1, importedResource), diagnostics: diagnostics(2) }),
};

export const readDataSource = {
  request: message({ type_name: text(1), config: one(2, dynamicValue) }),
  response: message({ state: one(1, dynamicValue), diagnostics: diagnostics(2) }),
};

export const stopProvider = { request: empty, response: message({ error: text(1) }) };

/** `status`: 1 serving. */
export const health = { request: empty, response: message({ status: integer(1) }) };
