#!/bin/bash
# Makes the rpm package and prints its path: rpm.sh FOLDER. One commit gives the same bytes: times are the commit's, the
# build host has no name, and no file is stripped, compressed or renamed.
set -euo pipefail
out=$(realpath -m "$1")
readonly out
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/package/identity.sh
. scripts/package/identity.sh

# The stage inside has a fixed name, because rpmbuild records the name.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts/package/stage.sh "$work/stage" rpm

# The licences of all parts as one SPDX expression.
licence=$(scripts/bun -e 'import { licenceExpression } from "./scripts/package/parts.ts";
	console.log(licenceExpression(JSON.parse(require("fs").readFileSync("build/parts.json", "utf8"))))')

# xz, because rpm before 4.14 does not read zstd.
rpmbuild -bb --quiet --target "$(uname -m)" --dbpath "$work/db" \
	--define "_topdir $work" --define "_rpmdir $work/rpms" \
	--define "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
	--define "_buildhost localhost" --define "use_source_date_epoch_as_buildtime 1" \
	--define "clamp_mtime_to_source_date_epoch 1" --define "source_date_epoch_from_changelog 0" \
	--define "_binary_payload w1.xzdio" --define "_build_id_links none" --define "debug_package %{nil}" \
	--define "__os_install_post %{nil}" --define "__brp_mangle_shebangs %{nil}" \
	--define "aod_stage $work/stage" --define "aod_epoch $epoch" --define "aod_version $package_version" \
	--define "aod_summary ${summary^}" --define "aod_licence $licence" --define "aod_glibc $(needed_glibc)" \
	--define "aod_vendor $maintainer" --define "aod_commit $commit" \
	--define "aod_date $(date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" \
	packaging/rpm/aod.spec >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }

mkdir -p "$out"
file=$(basename "$work"/rpms/*.rpm)
mv "$work/rpms/$file" "$out/$file"
echo "$out/$file"
