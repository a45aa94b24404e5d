"""Where the synthetic world stands: countries, regions, what is made there. Data only.

Codes are ISO 3166-1 alpha-2 and ISO 3166-2. Coordinates are the rough middle of a region in
degrees (WGS 84), from general geographic knowledge; no row describes a real site. `makes` says
which upstream activities are plausible there: M bauxite mining, R alumina refining, S smelting;
everything downstream is plausible everywhere.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Region(NamedTuple):
    """A country's subdivision (None where the whole country is one place) and its middle."""

    subdivision: str | None
    latitude: float
    longitude: float
    makes: str = ""


def _regions(rows: str) -> tuple[Region, ...]:
    """Read `CODE latitude longitude MAKES` rows; `-` stands for no code and for nothing made."""
    regions = []
    for row in rows.split(";"):
        code, latitude, longitude, makes = row.split()
        regions.append(
            Region(
                None if code == "-" else code,
                float(latitude),
                float(longitude),
                "" if makes == "-" else makes,
            )
        )
    return tuple(regions)


REGIONS: Mapping[str, tuple[Region, ...]] = {
    "CN": _regions(
        "CN-SD 36.4 118.3 RS; CN-HA 34.2 113.2 MRS; CN-XJ 44.3 87.5 S; CN-NM 41.1 110.5 S;"
        "CN-GX 23.9 106.8 MRS; CN-YN 24.9 102.8 S; CN-GZ 26.8 106.6 MRS; CN-SX 37.8 111.9 MR;"
        "CN-GS 36.2 103.6 S; CN-QH 36.8 101.6 S; CN-NX 38.2 106.3 S; CN-SC 31.2 104.3 S;"
        "CN-CQ 29.5 106.9 R; CN-HE 38.1 114.8 -; CN-HB 30.6 114.1 -; CN-HN 28.0 112.9 -;"
        "CN-GD 23.2 113.1 -; CN-JS 31.8 119.9 -; CN-ZJ 30.1 120.3 -; CN-FJ 25.6 118.9 -;"
        "CN-LN 41.3 122.6 -; CN-TJ 39.1 117.3 -; CN-SH 31.2 121.4 -; CN-AH 31.7 117.9 -"
    ),
    "DE": _regions(
        "DE-NW 51.2 6.8 S; DE-BW 48.7 9.2 -; DE-BY 48.6 11.7 -; DE-NI 53.0 9.6 R;"
        "DE-HH 53.5 9.9 S; DE-ST 51.8 11.6 -; DE-HE 50.3 8.7 -; DE-RP 49.7 7.6 -"
    ),
    "US": _regions(
        "US-KY 37.7 -87.3 S; US-IN 38.0 -87.3 S; US-NY 44.9 -74.9 S; US-LA 30.1 -90.9 R;"
        "US-TN 35.9 -84.0 -; US-OH 41.0 -81.5 -; US-MI 42.6 -83.6 -; US-WV 38.7 -81.5 -;"
        "US-AL 33.2 -86.8 -; US-IA 41.6 -93.5 -"
    ),
    "IT": _regions("IT-25 45.5 9.8 -; IT-34 45.5 11.9 -; IT-21 45.1 7.7 -; IT-45 44.6 11.1 -"),
    "IN": _regions(
        "IN-OD 20.5 84.6 MRS; IN-MP 24.1 82.6 S; IN-GJ 22.5 71.9 M; IN-MH 19.2 73.6 -;"
        "IN-JH 23.4 85.4 MR; IN-UP 24.2 83.0 S"
    ),
    "TR": _regions("TR-42 37.5 31.9 MRS; TR-34 41.0 28.9 -; TR-41 40.8 29.8 -; TR-35 38.4 27.2 -"),
    "BR": _regions(
        "BR-PA -1.7 -50.0 MRS; BR-MA -2.6 -44.3 RS; BR-SP -23.4 -47.3 RS; BR-MG -20.4 -43.6 R"
    ),
    "AU": _regions(
        "AU-WA -32.8 116.1 MR; AU-QLD -23.9 151.2 MRS; AU-NSW -32.8 151.6 S; AU-VIC -38.3 141.6 S;"
        "AU-NT -12.3 136.8 M; AU-TAS -41.1 146.9 S"
    ),
    "AE": _regions("AE-DU 25.0 55.1 S; AE-AZ 24.8 54.7 RS"),
    "BH": _regions("- 26.1 50.6 S"),
    "CA": _regions("CA-QC 48.4 -71.2 RS; CA-BC 54.0 -128.7 S; CA-ON 43.7 -79.8 -"),
    "NO": _regions("NO-46 61.2 7.5 S; NO-15 62.8 8.4 S; NO-18 66.0 13.1 S; NO-11 59.3 6.0 S"),
    "IS": _regions("IS-1 64.1 -21.8 S; IS-7 65.0 -14.1 S; IS-3 64.4 -21.9 S"),
    "FR": _regions("FR-ARA 45.3 6.4 S; FR-HDF 51.0 2.2 S; FR-GES 48.0 7.5 -; FR-OCC 43.5 1.5 -"),
    "ES": _regions("ES-AS 43.5 -5.9 S; ES-GA 43.6 -7.6 RS; ES-CT 41.5 2.0 -; ES-AR 41.6 -0.9 -"),
    "GR": _regions("- 38.4 22.7 MRS"),
    "AT": _regions("AT-4 48.2 13.3 -; AT-5 47.7 13.1 -; AT-8 47.2 9.7 -"),
    "CH": _regions("CH-VS 46.3 7.5 -; CH-ZH 47.4 8.6 -; CH-SH 47.7 8.6 -"),
    "BE": _regions("BE-VLG 51.1 4.4 -; BE-WAL 50.4 4.6 -"),
    "NL": _regions("NL-ZE 51.4 3.7 S; NL-NB 51.5 5.3 -; NL-GR 53.3 6.9 S"),
    "GB": _regions("GB-SCT 56.8 -5.1 S; GB-ENG 52.5 -1.9 -; GB-WLS 51.7 -3.4 -"),
    "IE": _regions("IE-LK 52.6 -9.1 R"),
    "PL": _regions("PL-12 50.0 20.2 -; PL-30 52.3 17.7 -; PL-24 50.3 18.9 -"),
    "SE": _regions("SE-Y 62.4 17.3 S; SE-E 58.5 16.0 -; SE-F 57.6 14.3 -"),
    "JP": _regions(
        "JP-23 35.1 137.0 -; JP-11 36.0 139.5 -; JP-22 34.9 138.3 -; JP-18 36.0 136.2 -"
    ),
    "KR": _regions(
        "KR-48 35.3 128.3 -; KR-47 36.4 128.8 -; KR-43 36.7 127.6 -; KR-31 35.5 129.2 -"
    ),
    "TH": _regions("TH-21 12.8 101.2 -; TH-11 13.6 100.7 -"),
    "MY": _regions("MY-13 2.9 112.1 S; MY-10 3.2 101.5 -"),
    "ID": _regions("ID-KB -0.3 110.3 MR; ID-SU 3.3 99.4 S; ID-KR 1.0 104.2 MR"),
    "GN": _regions("GN-B 10.9 -14.3 MR; GN-D 10.1 -12.9 M"),
    "JM": _regions("JM-13 18.0 -77.5 MR; JM-11 18.0 -77.7 MR"),
    "ZA": _regions("ZA-KZN -28.8 32.0 S; ZA-GP -26.2 28.2 -"),
    "MZ": _regions("MZ-L -25.9 32.4 S"),
    "SA": _regions("SA-04 27.4 49.1 RS; SA-05 27.0 44.0 M"),
    "QA": _regions("QA-WA 24.9 51.5 S"),
    "OM": _regions("OM-BS 24.3 56.6 S"),
    "EG": _regions("EG-KN 26.0 32.3 S"),
    "MX": _regions("MX-NLE 25.7 -100.3 -; MX-GUA 20.6 -101.2 -"),
    "VN": _regions("VN-35 11.6 107.8 MR; VN-43 10.5 107.2 -"),
    "TW": _regions("TW-KHH 22.7 120.4 -"),
    "HU": _regions("HU-VE 47.1 17.6 R; HU-FE 47.2 18.4 -"),
    "RO": _regions("RO-OT 44.4 24.4 S; RO-TL 45.2 28.8 R"),
    "SI": _regions("SI-113 46.4 15.5 S"),
    "PT": _regions("PT-01 40.7 -8.5 -; PT-13 41.2 -8.4 -"),
    "FI": _regions("FI-18 60.4 25.0 -"),
    "DK": _regions("DK-82 56.1 9.6 -"),
    "LU": _regions("- 49.6 6.1 -"),
}
"""Country -> its regions."""

WEIGHTS: Mapping[str, int] = {
    "DE": 44, "US": 34, "IT": 24, "IN": 15, "TR": 14, "JP": 12, "FR": 12, "CH": 11, "ES": 10,
    "BR": 9, "GB": 9, "NL": 8, "AU": 8, "AT": 8, "AE": 7, "KR": 7, "PL": 6, "BE": 6, "SE": 6,
    "CA": 6, "TH": 5, "NO": 5, "GR": 4, "TW": 4, "BH": 3, "MX": 3, "MY": 3, "PT": 3, "ZA": 3,
    "SA": 3, "VN": 3, "ID": 3, "IS": 2, "IE": 2, "RO": 2, "HU": 2, "GN": 2, "JM": 1, "MZ": 1,
    "QA": 2, "OM": 2, "EG": 2, "SI": 2, "FI": 2, "DK": 2, "LU": 2,
}  # fmt: skip
"""How often a member outside China has its seat in a country: our guess, not ASI's figures."""
