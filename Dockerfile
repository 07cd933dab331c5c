# Lectern with everything that it works with: docker build -t lectern . && docker run -p 8000:8000 -v lectern:/data lectern
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=docker
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /lectern ./cmd/lectern

FROM debian:bookworm-slim
COPY scripts/deps /tmp/deps
RUN /tmp/deps \
    && rm -rf /tmp/deps /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /home/lectern lectern \
    && install -d -o lectern -g lectern /data /logs
COPY --from=build /lectern /usr/local/bin/lectern
USER lectern
WORKDIR /home/lectern
# A container's own log is its standard error; the file stays in a volume of its own for grep.
ENV LECTERN_DATA=/data LECTERN_LOG_FILE=/logs/backend.log
VOLUME ["/data", "/logs"]
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["lectern"]
CMD ["serve"]
