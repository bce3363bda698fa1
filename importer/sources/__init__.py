"""Source systems, one file each: to add one, write its file and name it in `SYSTEMS`."""

from importer.sources.akeneo import AKENEO
from importer.sources.commerce_protocol import COMMERCE_PROTOCOL, NESTED
from importer.sources.composable.commercetools import COMMERCETOOLS_CSV, COMMERCETOOLS_JSON
from importer.sources.composable.medusa import MEDUSA_CSV, MEDUSA_JSON
from importer.sources.composable.spryker import SPRYKER
from importer.sources.fashion_sets import HM, KAGGLE
from importer.sources.google_merchant import GOOGLE
from importer.sources.marketplaces.amazon import AMAZON, AMAZON_LISTINGS
from importer.sources.marketplaces.etsy import ETSY
from importer.sources.registers.lightspeed import LIGHTSPEED, LIGHTSPEED_TILL
from importer.sources.registers.square import SQUARE
from importer.sources.schema_org import SCHEMA_ORG
from importer.sources.shops.bigcommerce import BIGCOMMERCE, BIGCOMMERCE_JSON
from importer.sources.shops.magento import MAGENTO
from importer.sources.shops.magento_json import MAGENTO_GRAPHQL, MAGENTO_REST
from importer.sources.shops.oxid import OXID
from importer.sources.shops.prestashop import PRESTASHOP
from importer.sources.shops.salesforce import SALESFORCE
from importer.sources.shops.shopify import SHOPIFY_BULK, SHOPIFY_CSV, SHOPIFY_JSON
from importer.sources.shops.wix import WIX
from importer.sources.shops.woocommerce import WOOCOMMERCE
from importer.sources.shops.woocommerce_json import WOOCOMMERCE_JSON
from importer.sources.shops.wordpress_export import WORDPRESS
from importer.sources.shopware import SHOPWARE
from importer.sources.squarespace import SQUARESPACE
from importer.sources.system import System
from importer.sources.yandex_market import YANDEX_MARKET

# The first that recognises a file has it.
SYSTEMS: tuple[System, ...] = (
    MEDUSA_JSON,
    MEDUSA_CSV,
    SHOPIFY_JSON,
    SHOPIFY_BULK,
    SHOPIFY_CSV,
    WOOCOMMERCE,
    WOOCOMMERCE_JSON,
    WORDPRESS,
    MAGENTO,
    MAGENTO_REST,
    MAGENTO_GRAPHQL,
    PRESTASHOP,
    WIX,
    BIGCOMMERCE,
    BIGCOMMERCE_JSON,
    SALESFORCE,
    SQUARESPACE,
    SHOPWARE,
    YANDEX_MARKET,
    AKENEO,
    SPRYKER,
    COMMERCETOOLS_CSV,
    COMMERCETOOLS_JSON,
    OXID,
    SQUARE,
    LIGHTSPEED,
    LIGHTSPEED_TILL,
    AMAZON,
    AMAZON_LISTINGS,
    ETSY,
    KAGGLE,
    HM,
    GOOGLE,
    COMMERCE_PROTOCOL,
    SCHEMA_ORG,
    NESTED,
)

__all__ = ["SYSTEMS", "System"]
