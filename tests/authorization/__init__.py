"""The rules of authorization, without a store."""
