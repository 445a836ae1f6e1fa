# A data source, declared by the YAML and JSON files of a folder.

terraform {
  # Write-only attributes, which keep a password out of plan and state, are there since 1.11.
  required_version = ">= 1.11"

  required_providers {
    datumline = {
      source = "terraform.local/datumline/datumline"
    }
  }
}

resource "datumline_declaration" "this" {
  # By their paths, which diagnostics name and from which files of secrets are found.
  spec = jsonencode(merge({
    files = {
      for file in fileset(var.folder, "**/*.{yaml,yml,json}") :
      "${var.folder}/${file}" => file("${var.folder}/${file}")
    }
  }, { for name in var.data_source[*] : "dataSource" => name }))
  values       = var.values
  url          = var.url
  password     = var.password
  mode         = var.mode
  allow        = var.allow
  max_drops    = var.max_drops
  max_revokes  = var.max_revokes
  protect      = var.protect
  plan_offline = var.plan_offline
}
