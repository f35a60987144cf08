"""A certificate authority of a test, which issues certificates and OCSP responses into a folder."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = (self._builder("Test", self.key.public_key())
                            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                            .sign(self.key, hashes.SHA256()))
        self.file = folder / "authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject, public_key):
        now = datetime.datetime.utcnow()
        return (x509.CertificateBuilder().subject_name(name_of(subject)).issuer_name(name_of("Test"))
                .public_key(public_key).serial_number(x509.random_serial_number())
                .not_valid_before(now - DAY).not_valid_after(now + DAY))

    def issue(self, file, names=("localhost", "127.0.0.1"), *, is_rsa=False, curve=ec.SECP256R1):
        """Writes FILE.pem, the certificate with its chain, and FILE.key, and returns the certificate."""
        key = rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(curve())
        made = (self._builder(names[0], key.public_key())
                .add_extension(x509.SubjectAlternativeName([alternative(name) for name in names]), critical=False)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                .sign(self.key, hashes.SHA256()))
        chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (made, self.certificate))
        self.replace(f"{file}.key", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                      serialization.NoEncryption()))
        self.replace(f"{file}.pem", chain)
        return made

    def replace(self, file, content):
        """As tools do: a new file under the name of the old one."""
        fresh = self.folder / f"{file}.new"
        fresh.write_bytes(content)
        fresh.chmod(0o644)  # Souk gives root up before it reads it
        fresh.rename(self.folder / file)

    def staple(self, file, certificate):
        now = datetime.datetime.utcnow()
        made = (ocsp.OCSPResponseBuilder()
                .add_response(cert=certificate, issuer=self.certificate, algorithm=hashes.SHA1(),
                              cert_status=ocsp.OCSPCertStatus.GOOD, this_update=now, next_update=now + DAY,
                              revocation_time=None, revocation_reason=None)
                .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate).sign(self.key, hashes.SHA256()))
        self.replace(file, made.public_bytes(serialization.Encoding.DER))

    def arguments(self, *files):
        """The flags of `souk serve` for these certificates."""
        joined = {end: ",".join(str(self.folder / f"{file}.{end}") for file in files) for end in ("pem", "key")}
        return ["--tls-certificate", joined["pem"], "--tls-key", joined["key"]]
