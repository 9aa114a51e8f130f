#!/usr/bin/env bash
# Builds kube-apiserver, kube-controller-manager, kube-scheduler and kubelet from Debian's source package.
#   build.sh OUT WORK     OUT receives the four programs; WORK holds sources and Go's cache, and may be removed after
# Needs Go, dpkg-dev and the reflect2 sources (requirements/apt-heavy.txt) and apt's way to the distribution's sources;
# apt's own settings and lists stay as they are. About 6 minutes on 2 cores; JOBS says how many packages compile at once.
set -euo pipefail

out=$(realpath -m "$1")
work=$(realpath -m "$2")
jobs=${JOBS:-$(nproc)}
reflect2=/usr/share/gocode/src/github.com/modern-go/reflect2
tree=$work/go/src/k8s.io/kubernetes
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet)

say() { printf '  %s, %s s\n' "$*" "$SECONDS"; }

# --- The sources -----------------------------------------------------------------------------------------------

# The machine's sources are usually listed as binary packages only. A copy of the list asks for their sources, so that
# neither /etc/apt nor the package lists of the machine change.
source_lists() {
  mkdir -p "$work/apt/parts" "$work/apt/lists/partial"
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/apt/parts/${file##*/}"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] && sed -n 's/^deb\(-src\)\{0,1\} /deb-src /p' "$file" | sort -u >"$work/apt/parts/of-${file##*/}"
  done
  for file in "$work"/apt/parts/of-*; do [ ! -e "$file" ] || mv "$file" "${file%.list}.list"; done
}

apt() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/apt/parts" \
    -o "Dir::State::Lists=$work/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}

fetch() {
  say "fetching the sources"
  source_lists
  apt update
  (cd "$work" && apt source --download-only kubernetes)
  mkdir -p "$tree"
  tar -xzf "$work"/kubernetes_*.orig.tar.gz -C "$tree" --strip-components=1
}

# "1.20.5+really1.20.2": what counts is what it really is.
version() {
  local name
  name=$(basename "$work"/kubernetes_*.orig.tar.gz .orig.tar.gz)
  name=${name#kubernetes_}
  printf '%s' "${name##*+really}"
}

# --- What the sources lack -------------------------------------------------------------------------------------

# The bundled reflect2 walks maps by the layout that they had in Go 1.17: under Debian's Go it crashes.
replace_reflect2() {
  rm -rf vendor/github.com/modern-go/reflect2
  cp -r "$reflect2" vendor/github.com/modern-go/reflect2
}

# Two kinds of bodies do not reach the audit log: an eviction's, because its type is of another group than the pod that
# it is sent to, and a patch's that is YAML. Tests read there what was asked for, so both are written out as plain JSON.
record_every_body() {
  local file=staging/src/k8s.io/apiserver/pkg/audit/request.go
  grep -q 'json.Valid(patch)' "$file" && return
  perl -0pi -e '
    s{(import \(\n)}{$1\t"encoding/json"\n\t"sigs.k8s.io/yaml"\n};
    s{(klog.Warningf\("Auditing failed of %v request)}{if plain, failed := json.Marshal(obj); failed == nil {
\t\t\tae.RequestObject = &runtime.Unknown{Raw: plain, ContentType: runtime.ContentTypeJSON}
\t\t\treturn
\t\t}
\t\t$1};
    s{(\n\tae.RequestObject = &runtime.Unknown\{\n\t\tRaw: +patch,)}{
\tif !json.Valid(patch) {
\t\tif converted, err := yaml.YAMLToJSON(patch); err == nil {
\t\t\tpatch = converted
\t\t}
\t}
$1};' "$file"
  grep -q 'json.Marshal(obj)' "$file" && grep -q 'json.Valid(patch)' "$file" || { echo "$file is not as expected" >&2; exit 1; }
}

# Upstream generates this package while building; Debian's archive comes without it.
generate_openapi() {
  say "generating the OpenAPI definitions"
  go build -p "$jobs" -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  local inputs
  inputs=$(grep -Rl --include='*.go' '+k8s:openapi-gen=' pkg vendor/k8s.io/ |
    grep -Ev 'code-generator|sample-apiserver|_test\.go|kube-openapi/' |
    xargs -n1 dirname | LC_ALL=C sort -u | sed 's#^#k8s.io/kubernetes/#' | paste -sd,)
  "$work/openapi-gen" --logtostderr -i "$inputs" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h hack/boilerplate/boilerplate.generatego.txt -r "$work/violations"
}

# --- The programs ----------------------------------------------------------------------------------------------

# Without these the programs call themselves v0.0.0, and clients and kubelet refuse each other.
linker_flags() {
  local number=$1 major minor package flags="-s -w"
  IFS=. read -r major minor _ <<<"$number"
  for package in component-base/version client-go/pkg/version; do
    package=k8s.io/kubernetes/vendor/k8s.io/$package
    flags+=" -X $package.gitVersion=v$number -X $package.gitMajor=$major -X $package.gitMinor=$minor"
  done
  printf '%s' "$flags"
}

mkdir -p "$out" "$work"
[ -d "$tree/cmd/kubelet" ] || fetch
export GO111MODULE=off GOPATH=$work/go GOCACHE=$work/gocache CGO_ENABLED=0 GOFLAGS= GOTMPDIR=$work
cd "$tree"
replace_reflect2
record_every_body
[ -f pkg/generated/openapi/zz_generated.openapi.go ] || generate_openapi
flags=$(linker_flags "$(version)")
for program in "${programs[@]}"; do
  say "compiling $program"
  go build -p "$jobs" -trimpath -ldflags "$flags" -o "$out/$program" "./cmd/$program"
done
say "done"
