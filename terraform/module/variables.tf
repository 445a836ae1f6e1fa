variable "folder" {
  description = "Folder with the documents; the folders in it are read as well."
  type        = string
}

variable "data_source" {
  description = "Name of the data source, where the folder declares several: a module for each."
  type        = string
  default     = null
}

variable "values" {
  description = "Values that only Terraform knows: {\"$value\": NAME} in a document stands for one."
  type        = map(string)
  default     = null
}

variable "url" {
  description = "Where to connect instead of where the DataSource says: env:NAME, or a URL. In no plan and no state, so refreshing and destroying go without it."
  type        = string
  default     = null
  ephemeral   = true
}

variable "password" {
  description = "Password of the connection. In no plan and no state, as for url."
  type        = string
  default     = null
  ephemeral   = true
}

variable "mode" {
  description = "observe, additive or authoritative, in place of what the DataSource says."
  type        = string
  default     = null
}

variable "allow" {
  description = "Hazards that may be applied, such as DELETES_DATA."
  type        = list(string)
  default     = null
}

variable "max_drops" {
  description = "A plan that drops more than this many objects is refused."
  type        = string
  default     = null
}

variable "max_revokes" {
  description = "A plan that takes away more than this many privileges is refused."
  type        = string
  default     = null
}

variable "protect" {
  description = "Whether destroying, which drops what Datumline made, is refused until false was applied."
  type        = bool
  default     = true
}

variable "plan_offline" {
  description = "Whether to plan without a connection: what changes is known after apply."
  type        = bool
  default     = null
}
