from csp_portal.api.routes import endpoint
from customers.api.checks import Addresses, CountryRules, DomainPrefixes, Domains
from customers.api.endpoints import Customers, OneCustomer
from customers.api.imports import CustomerImports
from customers.api.profiles import BillingProfile, CompanyProfile

urlpatterns = [
    endpoint("customers", Customers, "customers"),
    endpoint("customers/imports", CustomerImports, "customer_imports"),
    endpoint("customers/<id:tenant_id>", OneCustomer, "customer"),
    endpoint("customers/<id:tenant_id>/profiles/company", CompanyProfile, "customer_company_profile"),
    endpoint("customers/<id:tenant_id>/profiles/billing", BillingProfile, "customer_billing_profile"),
    endpoint("domains/<id:domain>", Domains, "domains"),
    endpoint("validations/checkdomainavailability/<id:prefix>", DomainPrefixes, "domain_prefixes"),
    endpoint("validations/address", Addresses, "addresses"),
    endpoint("countryvalidationrules/<id:country>", CountryRules, "country_rules"),
]
