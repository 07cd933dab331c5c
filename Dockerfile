# Lectern with all programs that it uses:
#   docker build -t lectern .
#   docker run -p 127.0.0.1:8000:8000 -v lectern:/data --security-opt seccomp=deploy/seccomp.json -e LECTERN_API_KEY=$(openssl rand -hex 32) lectern
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=docker
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /lectern ./cmd/lectern

FROM debian:bookworm-slim
COPY scripts/deps /tmp/deps
RUN /tmp/deps office \
    && rm -rf /tmp/deps /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --create-home --home-dir /home/lectern lectern \
    && install -d -o lectern -g lectern -m 0700 /data /logs
COPY --from=build /lectern /usr/local/bin/lectern
# By number, so that an orchestrator can check that it is not root.
USER 10001:10001
WORKDIR /home/lectern
# Other machines can reach a container, so serve needs a key (LECTERN_API_KEY) or LECTERN_HTTP_KEYLESS=true. The
# container's log is standard error; the file is in a separate volume, for grep.
ENV LECTERN_ADDR=:8000 LECTERN_DATA=/data LECTERN_LOG_FILE=/logs/backend.log
VOLUME ["/data", "/logs"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s CMD ["lectern", "doctor", "--ready", "http://127.0.0.1:8000"]
ENTRYPOINT ["lectern"]
CMD ["serve"]
