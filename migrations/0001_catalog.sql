-- The catalogue: a tree of categories, products and what is in stock of them.
--
-- Ids are UUIDv7, made by the application, so that a primary key grows with time: its index is
-- also the order "newest first". Money is in minor units of an ISO 4217 currency.

-- Versions rise on every update, whoever writes: ETags, caches and optimistic locking build on
-- them, so neither a forgetful statement nor a psql session may leave one behind or set it back.
CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

CREATE TABLE categories (
  id         uuid        PRIMARY KEY,
  parent_id  uuid        REFERENCES categories ON DELETE RESTRICT,
  name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  slug       text        NOT NULL UNIQUE
                         CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 200),
  position   integer     NOT NULL DEFAULT 0,  -- among its siblings
  version    bigint      NOT NULL DEFAULT 1 CHECK (version >= 1),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (parent_id <> id),
  UNIQUE NULLS NOT DISTINCT (parent_id, name)
);

CREATE TABLE products (
  id          uuid        PRIMARY KEY,
  name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  description text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 10000),
  category_id uuid        NOT NULL REFERENCES categories ON DELETE RESTRICT,
  price       bigint      NOT NULL CHECK (price >= 0),
  currency    char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  is_active   boolean     NOT NULL DEFAULT true,
  version     bigint      NOT NULL DEFAULT 1 CHECK (version >= 1),
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- The row every order of a product fights for: narrow, apart from the product, with room in its
-- page for the next version. An update that touches `reserved` alone is a heap-only one; one that
-- touches `quantity` is not, because idx_product_stocks_product_id has it in its predicate.
CREATE TABLE product_stocks (
  product_id uuid        PRIMARY KEY REFERENCES products ON DELETE CASCADE,
  quantity   integer     NOT NULL DEFAULT 0 CHECK (quantity >= 0),  -- on hand
  reserved   integer     NOT NULL DEFAULT 0 CHECK (reserved >= 0),  -- of these, promised
  version    bigint      NOT NULL DEFAULT 1 CHECK (version >= 1),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT product_stocks_not_oversold CHECK (reserved <= quantity)
) WITH (fillfactor = 60);

CREATE TRIGGER raise_version BEFORE UPDATE ON categories
  FOR EACH ROW EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON products
  FOR EACH ROW EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON product_stocks
  FOR EACH ROW EXECUTE FUNCTION raise_version();
