"""The machine: engines wired into the fused sense kernel, decisions into the decide kernel, snapshots."""
