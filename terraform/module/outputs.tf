output "fingerprint" {
  description = "Hash of what was there after the last apply: for what is to run after a change."
  value       = datumline_declaration.this.fingerprint
}
