#!/bin/sh
# Prints hosts in the format of Ansible's --list. A real program would query a CMDB.
cat <<'END'
{
  "prod": {"hosts": ["aixprd01", "aixprd02"]},
  "_meta": {"hostvars": {
    "aixprd01": {"ansible_host": "10.1.2.3"},
    "aixprd02": {"ansible_host": "10.1.2.4", "ansible_port": 2222}
  }}
}
END
