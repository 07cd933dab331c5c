-- +goose Up
-- Files that people brought. Who else brought the same content has a row too.
CREATE TABLE assets (
    owner      TEXT COLLATE "C" NOT NULL,
    sha256     TEXT COLLATE "C" NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('picture', 'sound', 'font', 'deck')),
    media_type TEXT    NOT NULL,
    size       BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    width      BIGINT  NOT NULL,
    height     BIGINT  NOT NULL,
    duration   BIGINT  NOT NULL, -- microseconds
    created_at BIGINT  NOT NULL,
    used_at    BIGINT  NOT NULL,
    PRIMARY KEY (owner, sha256)
);
CREATE INDEX assets_by_content ON assets (sha256);
CREATE INDEX assets_by_age ON assets (owner, created_at DESC, sha256 DESC);
CREATE INDEX assets_by_use ON assets (used_at);

-- The one file of a content, in the store of files. Every change of a content's assets locks its row first.
CREATE TABLE asset_contents (
    sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    file   TEXT COLLATE "C" NOT NULL UNIQUE
);

-- Files that are to be removed from due_at on: those that no asset has any more, and those whose upload has not ended. No file
-- gets the name of another, so that removing one late harms nothing.
CREATE TABLE asset_leftovers (
    file   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    due_at BIGINT  NOT NULL
);
CREATE INDEX asset_leftovers_due ON asset_leftovers (due_at);

-- Which assets a presentation's deck names. They stay as long as it does.
CREATE TABLE asset_uses (
    presentation_id TEXT COLLATE "C" NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    owner           TEXT COLLATE "C" NOT NULL,
    sha256          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (presentation_id, sha256),
    FOREIGN KEY (owner, sha256) REFERENCES assets (owner, sha256)
);
CREATE INDEX asset_uses_by_asset ON asset_uses (owner, sha256);

-- +goose Down
DROP TABLE asset_uses;
DROP TABLE asset_leftovers;
DROP TABLE asset_contents;
DROP TABLE assets;
