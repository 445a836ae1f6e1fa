terraform {
  required_version = ">= 1.11"

  required_providers {
    datumline = {
      source = "terraform.local/datumline/datumline"
    }
  }
}

module "warehouse" {
  source = "./node_modules/datumline/terraform/module"

  folder  = "${path.module}/warehouse"
  allow   = ["WIDENS_ACCESS"]
  protect = var.protect
}

variable "protect" {
  description = "Whether destroying, which drops the tables, is refused."
  type        = bool
  default     = true
}

output "fingerprint" {
  value = module.warehouse.fingerprint
}
