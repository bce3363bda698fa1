"""Source systems, one file each: to add one, write its file and name it in `SYSTEMS`."""

from importer.sources.bigcommerce import BIGCOMMERCE
from importer.sources.fashion_sets import HM, KAGGLE
from importer.sources.google_merchant import GOOGLE
from importer.sources.locale_columns import AKENEO, SPRYKER
from importer.sources.magento import MAGENTO
from importer.sources.prestashop import PRESTASHOP
from importer.sources.salesforce import SALESFORCE
from importer.sources.shopify import SHOPIFY_CSV, SHOPIFY_JSON
from importer.sources.system import System
from importer.sources.wix import WIX
from importer.sources.woocommerce import WOOCOMMERCE

# The first that recognises a file has it.
SYSTEMS: tuple[System, ...] = (
    SHOPIFY_JSON,
    SHOPIFY_CSV,
    WOOCOMMERCE,
    MAGENTO,
    PRESTASHOP,
    WIX,
    BIGCOMMERCE,
    SALESFORCE,
    AKENEO,
    SPRYKER,
    KAGGLE,
    HM,
    GOOGLE,
)

__all__ = ["SYSTEMS", "System"]
