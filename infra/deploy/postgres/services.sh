#!/bin/sh
# Makes every service's database with its two roles, when the server's volume is new. The image
# runs it by itself; for a volume that is not new run it by hand in the container (it may be run
# again). A service's passwords are in <SERVICE>_OWNER_PASSWORD and <SERVICE>_APP_PASSWORD.
set -eu

for service in membership audit_scheduling ghg certification coc_ledger subscriptions; do
  prefix=$(printf '%s' "$service" | tr '[:lower:]' '[:upper:]')
  eval "OWNER_PASSWORD=\$${prefix}_OWNER_PASSWORD APP_PASSWORD=\$${prefix}_APP_PASSWORD"
  export OWNER_PASSWORD APP_PASSWORD
  psql --no-psqlrc --quiet --username="$POSTGRES_USER" --dbname=postgres \
    --variable=service="$service" --file="${SERVICE_SQL:-/etc/castmark/service.sql}"
done
