"""Addresses of a line's keys, builds and links."""

from csp_portal.api.routes import endpoint
from orders.api.builds import Builds
from orders.api.keys import CopiedKey, ExportedKeys, RevealedKey, SoftwareKeys
from orders.api.lines import LINE
from orders.api.links import DownloadLinks, LinkDownloads, LinkGrants, OneDownloadLink, RenewedLink

urlpatterns = [
    endpoint(f"{LINE}/softwarekeys", SoftwareKeys, "software_keys"),
    endpoint(f"{LINE}/softwarekeys/export", ExportedKeys, "exported_keys"),
    endpoint(f"{LINE}/softwarekeys/<id:key_id>/reveal", RevealedKey, "revealed_key"),
    endpoint(f"{LINE}/softwarekeys/<id:key_id>/copy", CopiedKey, "copied_key"),
    endpoint(f"{LINE}/builds", Builds, "builds"),
    endpoint(f"{LINE}/downloadlinks", DownloadLinks, "download_links"),
    endpoint(f"{LINE}/downloadlinks/<id:link_id>", OneDownloadLink, "download_link"),
    endpoint(f"{LINE}/downloadlinks/<id:link_id>/renew", RenewedLink, "renewed_link"),
    endpoint(f"{LINE}/downloadlinks/<id:link_id>/grants", LinkGrants, "link_grants"),
    endpoint(f"{LINE}/downloadlinks/<id:link_id>/downloads", LinkDownloads, "link_downloads"),
]
