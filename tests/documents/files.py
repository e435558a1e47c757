"""Small files of each format, as programs write them."""

import io
import zipfile

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"


def word(*paragraphs: tuple[str, str]) -> bytes:
    """A .docx file of (style, text)."""
    body = "".join(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
                   for style, text in paragraphs)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("_rels/.rels", f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r" Type="{OFFICE}" '
                                     'Target="word/document.xml"/></Relationships>')
        file.writestr("word/_rels/document.xml.rels",
                      f'<Relationships xmlns="{RELATIONS}"><Relationship Id="s" Type="{STYLES}" Target="styles.xml"/>'
                      "</Relationships>")
        file.writestr("word/styles.xml",
                      f'<w:styles xmlns:w="{WORD}"><w:style w:type="paragraph" w:styleId="Heading1">'
                      '<w:name w:val="heading 1"/></w:style></w:styles>')
        file.writestr("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>')
    return packed.getvalue()


def pdf(*pages: str, password: str = "") -> bytes:
    """A PDF with a line on each page."""
    writer = PdfWriter()
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
                             NameObject("/BaseFont"): NameObject("/Helvetica")})
    for text in pages:
        page = writer.add_blank_page(300, 300)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()
